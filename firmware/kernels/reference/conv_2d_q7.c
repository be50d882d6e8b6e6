/* CONV_2D_Q7: square filters, one shift for all channels. */
#include "q7.h"
#include "taps.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const struct q7_conv *p = op_params(op);
    *scratch_bytes = 0;
    if (q7_check_weighted(model, op, sizeof *p, p->bias_shift, p->out_shift))
        return BAD_ARGUMENT;
    const struct image_dims x = op_input(model, op, 0)->dims, f = op_input(model, op, 1)->dims;
    const struct image_dims y = op_output(model, op)->dims;
    if (x.n != 1 || y.n != 1 || f.n != y.c || f.c != x.c || f.h != f.w || f.h > Q7_LARGEST_SIDE ||
        (int64_t)f.h * f.w * f.c > Q7_LARGEST_DEPTH || x.h > Q7_LARGEST_SIDE || x.w > Q7_LARGEST_SIDE)
        return BAD_ARGUMENT;
    if (q7_within(p->stride, 1, Q7_LARGEST_SIDE) | q7_within(p->pad, 0, f.h - 1))
        return BAD_ARGUMENT;
    return y.h != (x.h + 2 * p->pad - f.h) / p->stride + 1 || y.w != (x.w + 2 * p->pad - f.w) / p->stride + 1 ||
                   x.h + 2 * p->pad < f.h || x.w + 2 * p->pad < f.w
               ? BAD_ARGUMENT
               : 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct q7_conv *p = op_params(op);
    const struct image_tensor *filter = op_input(model, op, 1);
    const struct image_dims x = op_input(model, op, 0)->dims, y = op_output(model, op)->dims, f = filter->dims;
    const int8_t *const image = tensor_data(model, op_input(model, op, 0));
    const int8_t *const weights = tensor_data(model, filter);
    const int8_t *const biases = tensor_data(model, op_input(model, op, 2));
    int8_t *out = tensor_data(model, op_output(model, op));

    for (int32_t oy = 0; oy < y.h; oy++) {
        const struct taps rows = taps_inside(oy * p->stride - p->pad, x.h, f.h, 1);
        for (int32_t ox = 0; ox < y.w; ox++) {
            const struct taps columns = taps_inside(ox * p->stride - p->pad, x.w, f.w, 1);
            const int32_t run = (columns.end - columns.begin) * x.c; /* one row of a window is one run of bytes */
            for (int32_t oc = 0; oc < y.c; oc++) {
                const int8_t *in_row = image + (rows.at * x.w + columns.at) * x.c;
                const int8_t *row = weights + ((oc * f.h + rows.begin) * f.w + columns.begin) * f.c;
                int32_t sum = 0;
                for (int32_t ky = rows.begin; ky < rows.end; ky++, in_row += x.w * x.c, row += f.w * f.c)
                    for (int32_t i = 0; i < run; i++)
                        sum += in_row[i] * row[i];
                *out++ = q7_requantized(sum, biases[oc], p->bias_shift, p->out_shift);
            }
        }
    }
    return 0;
}

KERNEL(0xF1, "CONV_2D_Q7", prepare, invoke);
