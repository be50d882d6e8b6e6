/* Pooling of q7: windows are clipped to the image, however far the last one reaches beyond it. */
#ifndef HARNESS_POOL_Q7_H
#define HARNESS_POOL_Q7_H

#include "q7.h"
#include "taps.h"

/* A window's part inside the image: where it begins, the step from row to row, and its sizes. */
struct q7_window {
    const int8_t *corner;
    int32_t row_step, step, rows, columns;
};

static inline int8_t q7_pooled(const struct q7_window *window);

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const struct q7_pool *p = op_params(op);
    *scratch_bytes = 0;
    if (check_int8_operands(model, op, sizeof *p, 1))
        return BAD_ARGUMENT;
    const struct image_dims x = op_input(model, op, 0)->dims, y = op_output(model, op)->dims;
    if (x.n != 1 || y.n != 1 || x.c != y.c || x.h > Q7_LARGEST_SIDE || x.w > Q7_LARGEST_SIDE)
        return BAD_ARGUMENT;
    if (q7_within(p->kernel, 1, Q7_LARGEST_SIDE) | q7_within(p->stride, 1, Q7_LARGEST_SIDE) |
        q7_within(p->pad, 0, p->kernel - 1))
        return BAD_ARGUMENT;
    /* The last window begins inside the image. */
    return (int64_t)(y.h - 1) * p->stride - p->pad < x.h && (int64_t)(y.w - 1) * p->stride - p->pad < x.w
               ? 0
               : BAD_ARGUMENT;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct q7_pool *p = op_params(op);
    const struct image_dims x = op_input(model, op, 0)->dims, y = op_output(model, op)->dims;
    const int8_t *const image = tensor_data(model, op_input(model, op, 0));
    int8_t *out = tensor_data(model, op_output(model, op));

    for (int32_t oy = 0; oy < y.h; oy++) {
        const struct taps rows = taps_inside(oy * p->stride - p->pad, x.h, p->kernel, 1);
        for (int32_t ox = 0; ox < y.w; ox++) {
            const struct taps columns = taps_inside(ox * p->stride - p->pad, x.w, p->kernel, 1);
            struct q7_window window = {image + (rows.at * x.w + columns.at) * x.c, x.w * x.c, x.c,
                                       rows.end - rows.begin, columns.end - columns.begin};
            for (int32_t c = 0; c < x.c; c++, window.corner++)
                *out++ = q7_pooled(&window);
        }
    }
    return 0;
}

#endif
