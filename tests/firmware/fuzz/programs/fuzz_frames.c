/* Any bytes into the frame decoder; what it takes for a frame must survive being sent and heard again. */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "port.h"

static uint8_t sent[2 * FRAME_ENCODED_MAX];
static size_t sent_bytes;

void port_link_write(const uint8_t *data, size_t n)
{
    if (n > sizeof sent - sent_bytes)
        abort();
    memcpy(sent + sent_bytes, data, n);
    sent_bytes += n;
}

static void require_same_again(const struct frame *frame)
{
    static struct frame_decoder again;
    struct frame heard;
    size_t frames = 0;

    memset(&again, 0, sizeof again);
    sent_bytes = 0;
    frame_begin(frame->type, frame->sequence);
    frame_put(frame->payload, frame->payload_bytes);
    frame_end();
    for (size_t i = 0; i < sent_bytes; i++)
        if (frame_push(&again, sent[i], &heard))
            frames++;
    if (frames != 1 || again.dropped != 0 || heard.type != frame->type || heard.sequence != frame->sequence ||
        heard.payload_bytes != frame->payload_bytes ||
        memcmp(heard.payload, frame->payload, frame->payload_bytes) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct frame_decoder decoder;
    struct frame frame;

    memset(&decoder, 0, sizeof decoder);
    for (size_t i = 0; i < size; i++)
        if (frame_push(&decoder, data[i], &frame)) {
            if (frame.payload + frame.payload_bytes + 4 > decoder.bytes + sizeof decoder.bytes)
                abort();
            require_same_again(&frame);
        }
    return 0;
}

/* Check values cannot be guessed: every other mutation ends in frames that have right ones. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, max_size);
    if (seed % 2 || size < 3 || size - 3 > HARNESS_MAX_PAYLOAD || max_size < FRAME_ENCODED_MAX)
        return size;
    sent_bytes = 0;
    frame_begin(data[0], (uint16_t)(data[1] | data[2] << 8));
    frame_put(data + 3, size - 3);
    frame_end();
    memcpy(data, sent, sent_bytes);
    return sent_bytes;
}
