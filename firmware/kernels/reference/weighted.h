/* The loops of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED for operands that are not int8 throughout.
 *
 * The file that includes this has defined the types `activation`, `total` and `bias_word`, and
 *     int32_t weight_at(const void *weights, int32_t i)
 *     REQUANTIZE(total, multiplier, shift), which gives an int32_t
 * Plain rather than fast: these are what a library without such kernels falls back to. */
#ifndef HARNESS_WEIGHTED_H
#define HARNESS_WEIGHTED_H

#include "checks.h"
#include "taps.h"

/* Taps of a filter at one position of the output, over one channel or all. */
struct filter {
    const activation *corner; /* the input below its first tap inside */
    int32_t first;            /* that tap, counted in weights */
    int32_t tap_step, row_step, weight_step, weight_row_step;
    struct taps rows, columns;
};

static inline total bias_at(const struct model *model, const struct image_operator *op, int32_t channel)
{
    const bias_word *const bias = (const void *)op_bias(model, op);
    return bias ? bias[channel] : 0;
}

/* `offsets` are added: to the input, to the output, to the weights. */
static inline total sum_of_taps(const struct filter *f, const void *weights, int32_t depth, const int32_t *offsets)
{
    total sum = 0;
    const activation *in_row = f->corner;
    int32_t weight_row = f->first;
    for (int32_t ky = f->rows.begin; ky < f->rows.end; ky++, in_row += f->row_step, weight_row += f->weight_row_step) {
        const activation *in = in_row;
        int32_t weight = weight_row;
        for (int32_t kx = f->columns.begin; kx < f->columns.end; kx++, in += f->tap_step, weight += f->weight_step)
            for (int32_t ic = 0; ic < depth; ic++)
                sum += (total)(in[ic] + offsets[0]) * (weight_at(weights, weight + ic) + offsets[2]);
    }
    return sum;
}

static inline activation within(int32_t x, int32_t low, int32_t high)
{
    return (activation)(x < low ? low : x > high ? high : x);
}

/* CONV_2D with `multiplier` 0, else DEPTHWISE_CONV_2D; `p` are the parameters from stride_w on. */
static inline int convolve(const struct model *model, const struct image_operator *op, const int32_t *offsets,
                           int32_t multiplier, const struct sliding *p)
{
    const struct image_tensor *input = op_input(model, op, 0), *filter = op_input(model, op, 1);
    const struct image_tensor *output = op_output(model, op);
    const struct image_dims x = input->dims, f = filter->dims, y = output->dims;
    const void *const weights = tensor_data(model, filter);
    const int32_t *const multipliers = image_words(model, p->multipliers_at);
    const int32_t *const shifts = image_words(model, p->shifts_at);
    const activation *image = tensor_data(model, input);
    activation *out = tensor_data(model, output);
    struct filter at = {.tap_step = p->dilation_w * x.c,
                        .row_step = p->dilation_h * x.w * x.c,
                        .weight_step = f.c,
                        .weight_row_step = f.w * f.c};

    for (int32_t n = 0; n < y.n; n++, image += x.h * x.w * x.c)
        for (int32_t oy = 0; oy < y.h; oy++) {
            at.rows = taps_inside(oy * p->stride_h - p->pad_h, x.h, f.h, p->dilation_h);
            for (int32_t ox = 0; ox < y.w; ox++) {
                at.columns = taps_inside(ox * p->stride_w - p->pad_w, x.w, f.w, p->dilation_w);
                const activation *const corner = image + (at.rows.at * x.w + at.columns.at) * x.c;
                const int32_t plane = (at.rows.begin * f.w + at.columns.begin) * f.c;
                for (int32_t oc = 0; oc < y.c; oc++) {
                    at.corner = multiplier ? corner + oc / multiplier : corner;
                    at.first = multiplier ? plane + oc : plane + oc * f.h * f.w * f.c;
                    const total sum =
                        bias_at(model, op, oc) + sum_of_taps(&at, weights, multiplier ? 1 : x.c, offsets);
                    *out++ = within(REQUANTIZE(sum, multipliers[oc], shifts[oc]) + offsets[1], p->activation_min,
                                    p->activation_max);
                }
            }
        }
    return 0;
}

static inline int multiply(const struct model *model, const struct image_operator *op)
{
    const struct image_fully_connected *p = op_params(op);
    const struct image_tensor *filter = op_input(model, op, 1), *output = op_output(model, op);
    const void *const weights = tensor_data(model, filter);
    const int32_t *const multipliers = image_words(model, p->multipliers_at);
    const int32_t *const shifts = image_words(model, p->shifts_at);
    const activation *in = tensor_data(model, op_input(model, op, 0));
    activation *out = tensor_data(model, output);
    const struct image_dims y = output->dims;
    const int32_t depth = filter->dims.n;

    for (int32_t n = y.n * y.h * y.w; n > 0; n--, in += depth)
        for (int32_t oc = 0; oc < y.c; oc++) {
            const int32_t scale = p->per_channel ? oc : 0;
            total sum = bias_at(model, op, oc);
            for (int32_t i = 0; i < depth; i++)
                sum += (total)(in[i] + p->input_offset) *
                       (weight_at(weights, oc * depth + i) + p->filter_offset);
            *out++ = within(REQUANTIZE(sum, multipliers[scale], shifts[scale]) + p->output_offset, p->activation_min,
                            p->activation_max);
        }
    return 0;
}

#endif
