/* Operators that pick elements of the input at constant distances, also backwards. */
#ifndef HARNESS_STRIDED_COPY_H
#define HARNESS_STRIDED_COPY_H

#include <string.h>

#include "operands.h"

/* Element (n, h, w, c) of the output is element first + n step_n + h step_h + w step_w + c step_c of the input. */
struct strided_copy_params {
    int32_t first, step_n, step_h, step_w, step_c;
};

/* Extend [*low, *high] by what `count` steps reach. */
static inline void reach(int64_t *low, int64_t *high, int32_t count, int32_t step)
{
    const int64_t distance = (int64_t)(count - 1) * step;
    *(distance < 0 ? low : high) += distance;
}

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (check_int8_operands(model, op, sizeof(struct strided_copy_params), 1))
        return BAD_ARGUMENT;
    const struct strided_copy_params *p = op_params(op);
    const struct image_dims *y = &op_output(model, op)->dims;
    int64_t low = p->first, high = p->first;
    reach(&low, &high, y->n, p->step_n);
    reach(&low, &high, y->h, p->step_h);
    reach(&low, &high, y->w, p->step_w);
    reach(&low, &high, y->c, p->step_c);
    return low >= 0 && high < (int64_t)op_input(model, op, 0)->bytes ? 0 : BAD_ARGUMENT;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct strided_copy_params p = *(const struct strided_copy_params *)op_params(op);
    const struct image_dims y = op_output(model, op)->dims;
    const int8_t *const in = tensor_data(model, op_input(model, op, 0));
    int8_t *out = tensor_data(model, op_output(model, op));
    for (int32_t n = 0; n < y.n; n++)
        for (int32_t h = 0; h < y.h; h++)
            for (int32_t w = 0; w < y.w; w++, out += y.c) {
                const int8_t *const row = in + (p.first + n * p.step_n + h * p.step_h + w * p.step_w);
                if (p.step_c == 1)
                    memcpy(out, row, (size_t)y.c);
                else
                    for (int32_t c = 0; c < y.c; c++)
                        out[c] = row[c * p.step_c];
            }
    return 0;
}

#endif
