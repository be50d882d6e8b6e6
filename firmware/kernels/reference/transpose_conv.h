/* The parameters of TRANSPOSE_CONV, and what the kernels of all sets ask of them. */
#ifndef HARNESS_TRANSPOSE_CONV_H
#define HARNESS_TRANSPOSE_CONV_H

#include "operands.h"

/* Paddings are those of the convolution from the output's size to the input's; the last may be negative. */
struct transpose_conv_params {
    int32_t input_offset, output_offset;
    int32_t stride_w, stride_h, pad_w, pad_h, pad_after_w, pad_after_h, dilation_w, dilation_h;
    int32_t activation_min, activation_max;
    uint32_t multipliers_at, shifts_at;
};

/* One axis: the filter starts at -pad and moves by a stride per input; `pad_after` says where it ends. */
static inline int check_spread(int32_t input, int32_t filter, int32_t output, int32_t stride, int32_t pad,
                               int32_t pad_after)
{
    const int64_t end = (int64_t)(input - 1) * stride + filter - pad;
    if (stride < 1 || stride > 1 << 15 || pad < 0 || pad >= filter || filter > 1 << 15 || output > 1 << 24)
        return BAD_ARGUMENT;
    return end - output == pad_after && pad_after < filter ? 0 : BAD_ARGUMENT;
}

static inline int check_scales(const struct model *m, const struct transpose_conv_params *p, int32_t channels)
{
    if (check_image_words(m, p->multipliers_at, channels) || check_image_words(m, p->shifts_at, channels))
        return BAD_ARGUMENT;
    int status = 0;
    for (int32_t i = 0; i < channels; i++)
        status |= check_scale(image_words(m, p->multipliers_at)[i], image_words(m, p->shifts_at)[i], 30);
    return status;
}

/* Bytes of one int32 per output of an image, or 0 where that is too much. */
static inline uint32_t sums_bytes(const struct image_dims *y)
{
    const uint64_t bytes = (uint64_t)y->h * (uint64_t)y->w * (uint64_t)y->c * sizeof(int32_t);
    return bytes > INT32_MAX ? 0 : (uint32_t)bytes;
}

static inline int check_transpose_conv(const struct model *m, const struct image_operator *op)
{
    if (check_int8_operands_with_bias(m, op, sizeof(struct transpose_conv_params)))
        return BAD_ARGUMENT;
    const struct transpose_conv_params *p = op_params(op);
    const struct image_dims *x = &op_input(m, op, 0)->dims, *f = &op_input(m, op, 1)->dims;
    const struct image_dims *y = &op_output(m, op)->dims;
    if (x->n != y->n || f->n != y->c || f->c != x->c || p->dilation_w != 1 || p->dilation_h != 1)
        return BAD_ARGUMENT;
    if (sums_bytes(y) == 0)
        return NOT_IMPLEMENTED;
    return check_spread(x->w, f->w, y->w, p->stride_w, p->pad_w, p->pad_after_w) |
           check_spread(x->h, f->h, y->h, p->stride_h, p->pad_h, p->pad_after_h) |
           check_input_offset(p->input_offset) | check_output_offset(p->output_offset) |
           check_bounds(p->activation_min, p->activation_max) | check_scales(m, p, y->c);
}

#endif
