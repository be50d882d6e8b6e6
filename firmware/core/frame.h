/* Frames of firmware/PROTOCOL.md: an incremental decoder and a streaming encoder. */
#ifndef HARNESS_FRAME_H
#define HARNESS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

/* A request; `payload` lies in the decoder and is valid until the next byte is pushed. */
struct frame {
    uint8_t type;
    uint8_t flags;
    uint16_t sequence;
    const uint8_t *payload;
    size_t payload_bytes;
};

/* All zero is the initial state. */
struct frame_decoder {
    _Alignas(8) uint8_t bytes[FRAME_DECODED_MAX];
    size_t length;       /* decoded bytes of the frame so far */
    uint32_t dropped;    /* frames dropped since the start */
    uint8_t block_left;  /* data bytes to come before the next code byte */
    bool block_open;     /* a code byte was seen */
    bool zero_due;       /* the block ends in a zero, unless the frame ends first */
    bool broken;         /* the frame is wrong or too long; wait for its delimiter */
};

/* Take one byte; true when it completes a good frame, described in *frame. */
bool frame_push(struct frame_decoder *decoder, uint8_t byte, struct frame *frame);

/* What came since the last delimiter is no frame. */
void frame_restart(struct frame_decoder *decoder);

/* Send one frame piece by piece through port_link_write; its length is not limited. */
void frame_begin(uint8_t type, uint16_t sequence);
void frame_put(const void *data, size_t n);
void frame_end(void);

#endif
