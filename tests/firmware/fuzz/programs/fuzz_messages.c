/* Any requests to the firmware's core, with any image in its slot: each is answered by one frame.
 *
 * Input: a byte that says how much of the image that follows is changed: 0, an image that the program
 * was built with is in the slot; else u16 length and that many bytes, given a right check sum. Then
 * requests: type, flags, u16 sequence, length, payload. */
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "image.h"
#include "messages.h"
#include "port.h"

enum { SLOT_BYTES = 4096, ARENA_BYTES = 512, REQUEST_BYTES = 5, MOST_WARMUP = 3 };

static const uint8_t good_image[] = {
#include "good_image.inc"
};

static const uint8_t build_id[BUILD_ID_BYTES];
static _Alignas(16) uint8_t slot[SLOT_BYTES], arena[ARENA_BYTES];
static uint32_t slot_bytes;
static size_t delimiters, written;

struct memory memory_map(void)
{
    return (struct memory){slot, slot_bytes, arena, sizeof arena, build_id};
}

/* What lies behind the slot's end must not be read. The header may: a board's slot has one. */
static void fill_slot(const uint8_t *image, size_t n)
{
    struct image_header *header = (void *)slot;

    ASAN_UNPOISON_MEMORY_REGION(slot, sizeof slot);
    memset(slot, 0, sizeof *header);
    memcpy(slot, image, n);
    slot_bytes = (uint32_t)(n < sizeof *header ? sizeof *header : n);
    if (header->image_bytes >= sizeof *header && header->image_bytes <= slot_bytes) {
        const size_t crc_at = offsetof(struct image_header, crc32);
        uint32_t crc;
        memset(slot + crc_at, 0, sizeof crc);
        crc = crc32_update(0, slot, header->image_bytes);
        memcpy(slot + crc_at, &crc, sizeof crc);
    }
    ASAN_POISON_MEMORY_REGION(slot + slot_bytes, sizeof slot - slot_bytes);
}

static void answer(struct frame request)
{
    const struct memory memory = memory_map();

    delimiters = written = 0;
    messages_answer(&memory, &request);
    if (delimiters != 1 || written < 10)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *at = data, *const end = data + size;
    const uint8_t version[] = {2, 0};

    fill_slot(good_image, sizeof good_image);
    if (size >= 3 && *at++ != 0) {
        size_t n = (size_t)(at[0] | at[1] << 8);
        at += 2;
        n = n > (size_t)(end - at) ? (size_t)(end - at) : n;
        fill_slot(at, n > sizeof slot ? sizeof slot : n);
        at += n;
    }
    answer((struct frame){1, 0, 0, version, sizeof version});
    while (end - at >= REQUEST_BYTES) {
        struct frame request = {at[0], at[1], (uint16_t)(at[2] | at[3] << 8), at + REQUEST_BYTES, at[4]};
        uint8_t *payload;

        at += REQUEST_BYTES;
        if (request.payload_bytes > (size_t)(end - at))
            request.payload_bytes = (size_t)(end - at);
        payload = malloc(request.payload_bytes + 1); /* of its own, so that its end is watched */
        memcpy(payload, at, request.payload_bytes);
        at += request.payload_bytes;
        if (request.type == 9 && request.payload_bytes == 8)
            memset(payload + 5, 0, 3); /* at most 255 repeats */
        if ((request.type == 4 || request.type == 5 || request.type == 9) && request.payload_bytes >= 2) {
            payload[0] &= MOST_WARMUP; /* warming up for long shows nothing new */
            payload[1] = 0;
        }
        request.payload = payload;
        answer(request);
        free(payload);
    }
    return 0;
}

void port_init(void)
{
}

void port_ticks_restart(void)
{
}

uint64_t port_ticks(void)
{
    return 7;
}

const struct port_counter *port_counter(void)
{
    static const struct port_counter counter = {"none", 1};
    return &counter;
}

uint32_t port_clock_hz(void)
{
    return 1;
}

int port_link_read(void)
{
    return -1;
}

void port_link_wait(void)
{
}

void port_link_write(const uint8_t *data, size_t n)
{
    written += n;
    while (n-- > 0)
        delimiters += *data++ == 0;
}

uint32_t port_link_interrupts(void)
{
    return 0;
}

bool port_gate(bool high)
{
    (void)high;
    return true;
}

bool port_operator_pin(bool high)
{
    (void)high;
    return true;
}
