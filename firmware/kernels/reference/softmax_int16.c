/* SOFTMAX of int16 by two tables, as LiteRT computes it; out with scale 1/32768. */
#include "requantize.h"
#include "softmax_int16.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_softmax_int16(model, op);
}

static int32_t clamp(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* A table's value at any int16, linear between its 513 steps. */
static int32_t interpolated(const int16_t *table, int32_t x)
{
    const int32_t place = clamp(x, INT16_MIN, INT16_MAX) - INT16_MIN;
    const int16_t *const step = table + place / 128;
    return step[0] + (((step[1] - step[0]) * (place % 128) + 64) >> 7);
}

static void softmax_row(const struct softmax_int16_params *p, const struct model *model, const int16_t *in,
                        int16_t *out)
{
    const int16_t *const exponentials = softmax_table(model, p->exp_at);
    int32_t largest = INT16_MIN, sum = 0; /* sum: Q16.15 */
    for (int32_t i = 0; i < p->row_size; i++)
        largest = in[i] > largest ? in[i] : largest;
    for (int32_t i = 0; i < p->row_size; i++) {
        const int32_t scaled = requantize_rounding_twice(in[i] - largest, p->multiplier, p->shift);
        out[i] = (int16_t)interpolated(exponentials, scaled + INT16_MAX);
        sum += out[i];
    }
    /* sum = (1 + x) * 2^n; the table takes x in Q0.16 less 2^15 */
    const int32_t headroom = __builtin_clz((uint32_t)sum);
    const int32_t mantissa = (int32_t)((((int64_t)sum << (headroom - 1)) + (1 << 13)) >> 14);
    const int32_t reciprocal = interpolated(softmax_table(model, p->reciprocal_at), mantissa - (1 << 16) - (1 << 15));
    const int32_t right = 31 - headroom;
    for (int32_t i = 0; i < p->row_size; i++)
        out[i] = (int16_t)clamp((int32_t)(((int64_t)out[i] * reciprocal + (INT64_C(1) << (right - 1))) >> right), 0,
                                INT16_MAX);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct softmax_int16_params *p = op_params(op);
    const int16_t *in = tensor_data(model, op_input(model, op, 0));
    int16_t *out = tensor_data(model, op_output(model, op));
    for (int32_t row = 0; row < p->rows; row++, in += p->row_size, out += p->row_size)
        softmax_row(p, model, in, out);
    return 0;
}

KERNEL(0x119, "SOFTMAX int16", prepare, invoke);
