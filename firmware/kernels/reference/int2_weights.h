/* int2 weights, four to a byte and the first in the lowest bits; int8 activations.
 *
 * They are unpacked to int8 in scratch, a tile at a time, and a tile is used for all positions before the
 * next: what a layer needs in RAM is a tile, not its weights. */
#ifndef HARNESS_INT2_WEIGHTS_H
#define HARNESS_INT2_WEIGHTS_H

#include <string.h>

#include "checks.h"
#include "requantize.h"
#include "taps.h"

static const struct operand_types types = {INT8, INT2, INT32};

/* Four codes of -2 to 1 as four bytes. */
static inline uint32_t four_codes(uint32_t byte)
{
    uint32_t x = (byte | byte << 12) & 0x000f000fu;
    x = (x | x << 6) & 0x03030303u;
    return x | (x & 0x02020202u) * 0x7eu; /* the sign in the six bits above */
}

/* `count` weights from number `first` on. */
static inline void unpack(const uint8_t *packed, int32_t first, int32_t count, int8_t *out)
{
    const uint8_t *in = packed + first / 4;
    const int8_t *const end = out + count;
    if (first % 4) {
        uint32_t codes = four_codes(*in++) >> 8 * (first % 4);
        for (int32_t left = 4 - first % 4; left > 0 && out != end; left--, codes >>= 8)
            *out++ = (int8_t)codes;
    }
    for (; end - out >= 4; out += 4) {
        const uint32_t codes = four_codes(*in++);
        memcpy(out, &codes, sizeof codes);
    }
    if (out != end)
        for (uint32_t codes = four_codes(*in); out != end; codes >>= 8)
            *out++ = (int8_t)codes;
}

static inline int32_t filter_bytes(const struct image_dims *f)
{
    return f->h * f->w * f->c;
}

enum { FILTERS = 4 }; /* of a tile: each input is loaded and shifted once for all of them */

static inline int32_t tile_bytes(const struct image_dims *f)
{
    return FILTERS * filter_bytes(f);
}

/* Filters `first` and on; where there are no more, zeros. */
static inline void unpack_tile(const uint8_t *packed, int32_t first, int32_t last, int32_t count, int8_t *tile)
{
    const int32_t there = last - first < FILTERS ? last - first : FILTERS;
    unpack(packed, first * count, there * count, tile);
    memset(tile + there * count, 0, (size_t)((FILTERS - there) * count));
}

/* `count` inputs times as many weights of each filter of a tile; filters lie `step` apart. */
static inline void add_products(const int8_t *in, const int8_t *weights, int32_t step, int32_t count, int32_t offset,
                                int32_t *sums)
{
    const int8_t *const first = weights, *const second = first + step;
    const int8_t *const third = second + step, *const fourth = third + step;
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    for (int32_t i = 0; i < count; i++) {
        const int32_t x = in[i] + offset;
        a += x * first[i];
        b += x * second[i];
        c += x * third[i];
        d += x * fourth[i];
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

#endif
