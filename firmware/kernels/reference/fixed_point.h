/* exp(x) and 1 / (1 + x) in 32-bit fixed point, as LiteRT's SOFTMAX computes them.
 *
 * Qm.f names the format with m integer and f fractional bits beside the sign. Algorithms and
 * roundings are those of gemmlowp's fixedpoint.h; the constants are worked out beside them. */
#ifndef HARNESS_FIXED_POINT_H
#define HARNESS_FIXED_POINT_H

#include "requantize.h"

/* x * 2^exponent, saturating. */
static inline int32_t saturating_shift_left(int32_t x, int32_t exponent)
{
    const int32_t limit = (int32_t)((UINT32_C(1) << (31 - exponent)) - 1);
    return x > limit ? INT32_MAX : x < -limit ? INT32_MIN : shift_left(x, exponent);
}

/* exp(x) in Q0.31 for x in [-1/4, 0), Q0.31: Taylor's series of degree 4 around -1/8. */
static inline int32_t exp_near_zero(int32_t x)
{
    const int32_t exp_of_minus_eighth = 1895147668; /* exp(-1/8) * 2^31 */
    const int32_t third = 715827883;                /* 2^31 / 3 */
    const int32_t y = x + (1 << 28);                /* x + 1/8 */
    const int32_t y2 = high_product(y, y);
    const int32_t y3 = high_product(y2, y);
    const int32_t y4 = high_product(y2, y2);
    /* y^4/24 + y^3/6 + y^2/2 = ((y^4/4 + y^3) / 3 + y^2) / 2 */
    const int32_t tail = rounded_divide_by_power_of_two(
        high_product(rounded_divide_by_power_of_two(y4, 2) + y3, third) + y2, 1);
    return exp_of_minus_eighth + high_product(exp_of_minus_eighth, y + tail);
}

/* exp(x) in Q0.31 for x <= 0 in Q5.26: exp(x mod 1/4 - 1/4), times exp(-2^k) for each bit k of the
 * rest. */
static inline int32_t exp_of_negative(int32_t x)
{
    static const int32_t exp_of_minus_power[] = {
        1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242,
    }; /* exp(-2^k) * 2^31 for k = -2 ... 4 */
    const int32_t quarter = 1 << 24;

    if (x == 0)
        return INT32_MAX;
    const int32_t fine = (x & (quarter - 1)) - quarter;
    const int32_t coarse = fine - x;
    int32_t result = exp_near_zero(shift_left(fine, 5));
    for (int k = 0; k < 7; k++)
        if (coarse & (quarter << k))
            result = high_product(result, exp_of_minus_power[k]);
    return result;
}

/* 1 / (1 + x) in Q0.31 for x in [0, 1), Q0.31: three Newton-Raphson steps on 1 / d, d = (1 + x) / 2,
 * from 48/17 - 32/17 d. */
static inline int32_t one_over_one_plus(int32_t x)
{
    const int32_t start = 1515870810;  /* 48/17 in Q2.29 */
    const int32_t slope = -1010580540; /* -32/17 in Q2.29 */
    const int32_t one = 1 << 29;       /* in Q2.29 */
    const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);

    int32_t y = start + high_product(half_denominator, slope);
    for (int step = 0; step < 3; step++) {
        const int32_t error = one - high_product(half_denominator, y);
        y += saturating_shift_left(high_product(y, error), 2);
    }
    return saturating_shift_left(y, 1);
}

#endif
