/* What the pools of int16 have in common: the window, and the checks of all sets. */
#ifndef HARNESS_POOL_INT16_H
#define HARNESS_POOL_INT16_H

#include "checks.h"
#include "taps.h"

static int prepare_pool_int16(const struct model *model, const struct image_operator *op)
{
    static const struct operand_types types = {INT16, INT16, INT16};
    return check_pool_2d_of(model, op, &types);
}

/* The elements of one channel that a window covers: `at` is the first, `rows` x `columns` of them. */
struct covered {
    const int16_t *at;
    int32_t rows, columns, row_step, column_step;
};

static inline int pool_int16(const struct model *model, const struct image_operator *op,
                             int32_t (*reduce)(const struct covered *))
{
    const struct image_pool *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *output = op_output(model, op);
    const struct image_dims x = input->dims, y = output->dims;
    const int16_t *image = tensor_data(model, input);
    int16_t *out = tensor_data(model, output);

    for (int32_t n = 0; n < y.n; n++, image += x.h * x.w * x.c)
        for (int32_t oy = 0; oy < y.h; oy++) {
            const struct taps rows = taps_inside(oy * p->stride_h - p->pad_h, x.h, p->filter_h, 1);
            for (int32_t ox = 0; ox < y.w; ox++) {
                const struct taps columns = taps_inside(ox * p->stride_w - p->pad_w, x.w, p->filter_w, 1);
                struct covered part = {image + (rows.at * x.w + columns.at) * x.c, rows.end - rows.begin,
                                       columns.end - columns.begin, x.w * x.c, x.c};
                for (int32_t c = 0; c < x.c; c++, part.at++) {
                    const int32_t value = reduce(&part);
                    *out++ = (int16_t)(value < p->activation_min   ? p->activation_min
                                       : value > p->activation_max ? p->activation_max
                                                                   : value);
                }
            }
        }
    return 0;
}

#endif
