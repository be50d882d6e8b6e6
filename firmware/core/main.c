/* The firmware's only loop: bytes in, frames out. */
#include "link_rate.h"
#include "messages.h"
#include "mlperf.h"
#include "port.h"

int main(void)
{
    static struct frame_decoder decoder;
    const struct memory memory = memory_map();
    struct frame request;
    uint32_t dropped = 0;

    port_init();
    for (;;) {
        int byte = port_link_read();
        if (byte < 0) {
            port_link_wait();
            link_rate_watch();
        } else if (mlperf_push(&memory, (uint8_t)byte))
            frame_restart(&decoder);
        else if (frame_push(&decoder, (uint8_t)byte, &request))
            messages_answer(&memory, &request);
        else if (decoder.dropped != dropped) {
            dropped = decoder.dropped;
            messages_damaged();
            link_rate_damaged();
        }
    }
}
