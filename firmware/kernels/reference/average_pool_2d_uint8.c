/* AVERAGE_POOL_2D of what was uint8 in the model: ties towards plus infinity, as they are there. */
#include "checks.h"
#include "requantize.h"
#include "taps.h"

/* x / n, rounded down. */
static inline int32_t floor_of(int32_t x, int32_t n)
{
    return x / n - (x % n < 0);
}

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
                    *out++ = clamp_to_int8(floor_of(sum + count / 2, count), p->activation_min, p->activation_max);
                }
            }
        }
    }
    return 0;
}

KERNEL(0x201, "AVERAGE_POOL_2D uint8", prepare, invoke);
