/* COBS (Cheshire and Baker, 1999) and CRC-32 around messages, without a buffer for a whole reply. */
#include "frame.h"

#include <string.h>

#include "crc32.h"
#include "port.h"

enum { HEADER_BYTES = 4, CRC_BYTES = 4, BLOCK_DATA_MAX = 254 };

static bool frame_close(struct frame_decoder *d, struct frame *frame)
{
    bool empty = !d->block_open && !d->broken;
    size_t length = d->length;
    bool good = !d->broken && d->block_left == 0 && length >= HEADER_BYTES + CRC_BYTES;

    d->length = 0;
    d->block_left = 0;
    d->block_open = d->zero_due = d->broken = false;
    if (good) {
        uint32_t crc;
        memcpy(&crc, d->bytes + length - CRC_BYTES, CRC_BYTES);
        good = crc == crc32_update(0, d->bytes, length - CRC_BYTES);
    }
    if (!good) {
        d->dropped += !empty;
        return false;
    }
    frame->type = d->bytes[0];
    frame->flags = d->bytes[1];
    memcpy(&frame->sequence, d->bytes + 2, sizeof frame->sequence);
    frame->payload = d->bytes + HEADER_BYTES;
    frame->payload_bytes = length - HEADER_BYTES - CRC_BYTES;
    return true;
}

static void append(struct frame_decoder *d, uint8_t byte)
{
    if (d->length == sizeof d->bytes)
        d->broken = true;
    else
        d->bytes[d->length++] = byte;
}

bool frame_push(struct frame_decoder *d, uint8_t byte, struct frame *frame)
{
    if (byte == 0)
        return frame_close(d, frame);
    if (d->broken)
        return false;
    if (d->block_left != 0) {
        d->block_left--;
        append(d, byte);
        return false;
    }
    if (d->zero_due)
        append(d, 0);
    d->block_open = true;
    d->block_left = (uint8_t)(byte - 1u);
    d->zero_due = byte != BLOCK_DATA_MAX + 1;
    return false;
}

void frame_restart(struct frame_decoder *d)
{
    d->length = 0;
    d->block_left = 0;
    d->block_open = d->zero_due = d->broken = false;
}

/* The open block: its code byte, then its data. A full block is sent when the next byte comes, so
 * that a frame that ends there is not followed by an empty block. */
static uint8_t block[1 + BLOCK_DATA_MAX];
static size_t block_used;
static uint32_t crc_so_far;

static void send_block(void)
{
    block[0] = (uint8_t)(block_used + 1u);
    port_link_write(block, block_used + 1u);
    block_used = 0;
}

static void stuff(const uint8_t *data, size_t n)
{
    for (const uint8_t *end = data + n; data != end; data++) {
        if (block_used == BLOCK_DATA_MAX)
            send_block();
        if (*data == 0)
            send_block();
        else
            block[1 + block_used++] = *data;
    }
}

void frame_begin(uint8_t type, uint16_t sequence)
{
    const uint8_t header[HEADER_BYTES] = {type, 0, (uint8_t)sequence, (uint8_t)(sequence >> 8)};
    block_used = 0;
    crc_so_far = 0;
    frame_put(header, sizeof header);
}

void frame_put(const void *data, size_t n)
{
    crc_so_far = crc32_update(crc_so_far, data, n);
    stuff(data, n);
}

void frame_end(void)
{
    static const uint8_t delimiter = 0;
    uint8_t crc[CRC_BYTES];
    memcpy(crc, &crc_so_far, sizeof crc);
    stuff(crc, sizeof crc);
    send_block();
    port_link_write(&delimiter, 1);
}
