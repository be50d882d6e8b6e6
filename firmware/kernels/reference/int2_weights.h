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

/* CONV_2D, a tile being the filter of one output channel. */
static inline int convolve_by_tiles(const struct model *model, const struct image_operator *op)
{
    const struct image_conv *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *filter = op_input(model, op, 1);
    const struct image_tensor *output = op_output(model, op);
    const struct image_dims x = input->dims, f = filter->dims, y = output->dims;
    const int32_t *const bias = op_bias(model, op);
    const int32_t *const multipliers = image_words(model, p->multipliers_at);
    const int32_t *const shifts = image_words(model, p->shifts_at);
    const int32_t tap_step = p->dilation_w * x.c, row_step = p->dilation_h * x.w * x.c;
    const int32_t input_offset = p->input_offset, tile_bytes = filter_bytes(&f);
    int8_t *const tile = op_scratch(model, op);

    for (int32_t oc = 0; oc < y.c; oc++) {
        const int8_t *image = tensor_data(model, input);
        int8_t *out = (int8_t *)tensor_data(model, output) + oc;
        unpack(tensor_data(model, filter), oc * tile_bytes, tile_bytes, tile);
        for (int32_t n = 0; n < y.n; n++, image += x.h * x.w * x.c)
            for (int32_t oy = 0; oy < y.h; oy++) {
                const struct taps rows = taps_inside(oy * p->stride_h - p->pad_h, x.h, f.h, p->dilation_h);
                for (int32_t ox = 0; ox < y.w; ox++, out += y.c) {
                    const struct taps columns = taps_inside(ox * p->stride_w - p->pad_w, x.w, f.w, p->dilation_w);
                    const int8_t *in_row = image + (rows.at * x.w + columns.at) * x.c;
                    const int8_t *weight_row = tile + (rows.begin * f.w + columns.begin) * f.c;
                    int32_t sum = bias ? bias[oc] : 0;
                    for (int32_t ky = rows.begin; ky < rows.end; ky++, in_row += row_step, weight_row += f.w * f.c) {
                        const int8_t *in = in_row, *weight = weight_row;
                        for (int32_t kx = columns.begin; kx < columns.end; kx++, in += tap_step, weight += f.c)
                            for (int32_t ic = 0; ic < x.c; ic++)
                                sum += (in[ic] + input_offset) * weight[ic];
                    }
                    sum = requantize_rounding_twice(sum, multipliers[oc], shifts[oc]) + p->output_offset;
                    *out = clamp_to_int8(sum, p->activation_min, p->activation_max);
                }
            }
    }
    return 0;
}

#endif
