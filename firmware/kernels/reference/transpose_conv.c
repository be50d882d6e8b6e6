/* TRANSPOSE_CONV: filters spread each input over sums of 32 bits, which lie in scratch. */
#include "requantize.h"
#include "taps.h"
#include "transpose_conv.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_transpose_conv(model, op);
    if (status == 0)
        *scratch_bytes = sums_bytes(&op_output(model, op)->dims);
    return status;
}

static void spread(const struct transpose_conv_params *p, const struct image_dims *x, const struct image_dims *f,
                   const struct image_dims *y, const int8_t *in, const int8_t *weights, int32_t *sums)
{
    for (int32_t h = 0; h < x->h; h++) {
        const struct taps rows = taps_inside(h * p->stride_h - p->pad_h, y->h, f->h, 1);
        for (int32_t w = 0; w < x->w; w++, in += x->c) {
            const struct taps columns = taps_inside(w * p->stride_w - p->pad_w, y->w, f->w, 1);
            for (int32_t ky = rows.begin; ky < rows.end; ky++) {
                int32_t *to = sums + ((rows.at + ky - rows.begin) * y->w + columns.at) * y->c;
                for (int32_t kx = columns.begin; kx < columns.end; kx++)
                    for (int32_t oc = 0; oc < y->c; oc++, to++) {
                        const int8_t *weight = weights + ((oc * f->h + ky) * f->w + kx) * f->c;
                        for (int32_t ic = 0; ic < x->c; ic++)
                            *to += (in[ic] + p->input_offset) * weight[ic];
                    }
            }
        }
    }
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct transpose_conv_params *p = op_params(op);
    const struct image_dims x = op_input(model, op, 0)->dims, f = op_input(model, op, 1)->dims;
    const struct image_dims y = op_output(model, op)->dims;
    const int8_t *in = tensor_data(model, op_input(model, op, 0));
    const int8_t *const weights = tensor_data(model, op_input(model, op, 1));
    const int32_t *const bias = op_bias(model, op);
    const int32_t *const multipliers = image_words(model, p->multipliers_at);
    const int32_t *const shifts = image_words(model, p->shifts_at);
    int32_t *const sums = op_scratch(model, op);
    int8_t *out = tensor_data(model, op_output(model, op));

    for (int32_t n = 0; n < y.n; n++, in += x.h * x.w * x.c) {
        for (int32_t i = 0; i < y.h * y.w; i++)
            for (int32_t oc = 0; oc < y.c; oc++)
                sums[i * y.c + oc] = bias ? bias[oc] : 0;
        spread(p, &x, &f, &y, in, weights, sums);
        for (int32_t i = 0; i < y.h * y.w; i++)
            for (int32_t oc = 0; oc < y.c; oc++) {
                const int32_t sum = requantize_rounding_twice(sums[i * y.c + oc], multipliers[oc], shifts[oc]);
                *out++ = clamp_to_int8(sum + p->output_offset, p->activation_min, p->activation_max);
            }
    }
    return 0;
}

KERNEL(67, "TRANSPOSE_CONV", prepare, invoke);
