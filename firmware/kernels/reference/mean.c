/* MEAN over the axes along which the output has size 1: the division is part of the multiplier. */
#include "operands.h"
#include "requantize.h"

struct mean_params {
    int32_t sum_offset, output_offset, multiplier, shift;
};

static int kept_or_gone(int32_t input, int32_t output)
{
    return output == input || output == 1;
}

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (check_int8_operands(model, op, sizeof(struct mean_params), 1))
        return BAD_ARGUMENT;
    const struct mean_params *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *output = op_output(model, op);
    const struct image_dims *x = &input->dims, *y = &output->dims;
    if (!kept_or_gone(x->n, y->n) || !kept_or_gone(x->h, y->h) || !kept_or_gone(x->w, y->w) ||
        !kept_or_gone(x->c, y->c))
        return BAD_ARGUMENT;
    const int32_t count = (int32_t)(input->bytes / output->bytes);
    if (count > 1 << 22)
        return NOT_IMPLEMENTED; /* sums have 32 bits */
    if (p->sum_offset > 128 * count || p->sum_offset < -127 * count)
        return BAD_ARGUMENT;
    return check_output_offset(p->output_offset) | check_scale(p->multiplier, p->shift, 22);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct mean_params *p = op_params(op);
    const struct image_dims x = op_input(model, op, 0)->dims, y = op_output(model, op)->dims;
    const int32_t step_w = x.c, step_h = x.w * x.c, step_n = x.h * x.w * x.c;
    const int32_t sum_n = x.n / y.n, sum_h = x.h / y.h, sum_w = x.w / y.w, sum_c = x.c / y.c;
    const int8_t *const in = tensor_data(model, op_input(model, op, 0));
    int8_t *out = tensor_data(model, op_output(model, op));

    for (int32_t n = 0; n < y.n; n++)
        for (int32_t h = 0; h < y.h; h++)
            for (int32_t w = 0; w < y.w; w++)
                for (int32_t c = 0; c < y.c; c++) {
                    const int8_t *const first = in + n * step_n + h * step_h + w * step_w + c;
                    int32_t sum = p->sum_offset;
                    for (int32_t i = 0; i < sum_n; i++)
                        for (int32_t j = 0; j < sum_h; j++) {
                            const int8_t *pixel = first + i * step_n + j * step_h;
                            for (int32_t k = 0; k < sum_w; k++, pixel += step_w)
                                for (int32_t l = 0; l < sum_c; l++)
                                    sum += pixel[l];
                        }
                    const int32_t mean = requantize_rounding_twice(sum, p->multiplier, p->shift);
                    *out++ = clamp_to_int8(mean + p->output_offset, INT8_MIN, INT8_MAX);
                }
    return 0;
}

KERNEL(40, "MEAN", prepare, invoke);
