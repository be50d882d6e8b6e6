/* SOFTMAX over the last axis, in fixed point: exp(x - max) / sum, out with scale 1/256, zero at -128. */
#include "checks.h"
#include "fixed_point.h"

enum {
    SUM_INTEGER_BITS = 12, /* sums are Q12.19 */
    OUTPUT_BITS = 8,
};

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_softmax(model, op);
}

/* exp(difference * scale) in Q0.31, for a difference of 0 or less. */
static inline int32_t exp_of_difference(const struct image_softmax *p, int32_t difference)
{
    return exp_of_negative(high_product(shift_left(difference, p->shift), p->multiplier));
}

static int32_t largest_of(const int8_t *row, int32_t size)
{
    int32_t largest = row[0];
    for (int32_t i = 1; i < size; i++)
        largest = row[i] > largest ? row[i] : largest;
    return largest;
}

static void softmax_row(const struct image_softmax *p, const int8_t *in, int8_t *out)
{
    const int32_t largest = largest_of(in, p->row_size);
    int32_t sum = 0;
    for (int32_t i = 0; i < p->row_size; i++)
        if (in[i] - largest >= p->diff_min)
            sum += rounded_divide_by_power_of_two(exp_of_difference(p, in[i] - largest), SUM_INTEGER_BITS);

    /* sum = (1 + fraction) * 2^(SUM_INTEGER_BITS - headroom), so that 1 / (1 + fraction) does the division */
    const int32_t headroom = __builtin_clz((uint32_t)sum);
    const int32_t fraction = (int32_t)(((uint32_t)sum << headroom) - (UINT32_C(1) << 31));
    const int32_t reciprocal = one_over_one_plus(fraction);
    const int32_t right = SUM_INTEGER_BITS - headroom + 31 - OUTPUT_BITS;

    for (int32_t i = 0; i < p->row_size; i++) {
        int32_t y = 0;
        if (in[i] - largest >= p->diff_min && right < 32)
            y = rounded_divide_by_power_of_two(high_product(reciprocal, exp_of_difference(p, in[i] - largest)), right);
        out[i] = clamp_to_int8(y + INT8_MIN, INT8_MIN, INT8_MAX);
    }
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_softmax *p = op_params(op);
    const int8_t *in = tensor_data(model, op_input(model, op, 0));
    int8_t *out = tensor_data(model, op_output(model, op));
    for (int32_t row = 0; row < p->rows; row++, in += p->row_size, out += p->row_size)
        softmax_row(p, in, out);
    return 0;
}

KERNEL(25, "SOFTMAX", prepare, invoke);
