/* AVERAGE_POOL_2D of int8 codes: the loops, and the checks of all sets;
 * a file that includes this defines the mean of `count` elements. */
#ifndef HARNESS_AVERAGE_POOL_2D_H
#define HARNESS_AVERAGE_POOL_2D_H

#include "checks.h"
#include "requantize.h"
#include "taps.h"

static inline int32_t mean(int32_t sum, int32_t count);

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_pool_2d(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_pool *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *output = op_output(model, op);
    const struct image_dims x = input->dims, y = output->dims;
    const int8_t *image = tensor_data(model, input);
    int8_t *out = tensor_data(model, output);

    for (int32_t n = 0; n < y.n; n++, image += x.h * x.w * x.c) {
        for (int32_t oy = 0; oy < y.h; oy++) {
            const struct taps rows = taps_inside(oy * p->stride_h - p->pad_h, x.h, p->filter_h, 1);
            for (int32_t ox = 0; ox < y.w; ox++) {
                const struct taps columns = taps_inside(ox * p->stride_w - p->pad_w, x.w, p->filter_w, 1);
                const int8_t *const corner = image + (rows.at * x.w + columns.at) * x.c;
                const int32_t count = (rows.end - rows.begin) * (columns.end - columns.begin);
                for (int32_t c = 0; c < x.c; c++) {
                    const int8_t *in_row = corner + c;
                    int32_t sum = 0;
                    for (int32_t ky = rows.begin; ky < rows.end; ky++, in_row += x.w * x.c) {
                        const int8_t *in = in_row;
                        for (int32_t kx = columns.begin; kx < columns.end; kx++, in += x.c)
                            sum += *in;
                    }
                    *out++ = clamp_to_int8(mean(sum, count), p->activation_min, p->activation_max);
                }
            }
        }
    }
    return 0;
}

#endif
