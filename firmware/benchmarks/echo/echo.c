/* A bare echo: takes ECHO_RECEIVE bytes and sends ECHO_SEND, over and over, to see what a link can do.
 *
 * The port is the firmware's own, so a run of the harness can be compared with the link alone. */
#include "port.h"

#include "messages.h"

static uint8_t answer[ECHO_SEND];

static void receive(uint32_t bytes)
{
    while (bytes > 0) {
        if (port_link_read() < 0)
            port_link_wait();
        else
            bytes--;
    }
}

int main(void)
{
    port_init();
    for (uint32_t i = 0; i < sizeof answer; i++)
        answer[i] = (uint8_t)i;
    for (;;) {
        receive(ECHO_RECEIVE);
        port_link_write(answer, sizeof answer);
    }
}

/* There are no requests to answer, so a fault is silence. */
void messages_fault(const struct fault_registers *registers)
{
    (void)registers;
}
