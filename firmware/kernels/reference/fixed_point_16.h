/* Sigmoid and tanh in 16-bit fixed point, as LiteRT's LSTM computes them.
 *
 * Qm.f names the format with m integer and f fractional bits beside the sign. Algorithms and
 * roundings are those of gemmlowp's fixedpoint.h; the constants are worked out beside them. */
#ifndef HARNESS_FIXED_POINT_16_H
#define HARNESS_FIXED_POINT_16_H

#include "requantize.h"

static inline int32_t clamp_to_int16(int32_t x)
{
    return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x;
}

/* a * b / 2^15, ties towards plus infinity. */
static inline int32_t high_product_16(int32_t a, int32_t b)
{
    return clamp_to_int16((a * b + (1 << 14)) >> 15);
}

static inline int32_t saturating_shift_left_16(int32_t x, int32_t exponent)
{
    return clamp_to_int16(x * (1 << exponent));
}

/* exp(x) in Q0.15 for x in [-1/4, 0), Q0.15: Taylor's series of degree 4 around -1/8. */
static inline int32_t exp_near_zero_16(int32_t x)
{
    const int32_t exp_of_minus_eighth = 28918; /* exp(-1/8) * 2^15 */
    const int32_t third = 10923;               /* 2^15 / 3 */
    const int32_t y = x + (1 << 12);           /* x + 1/8 */
    const int32_t y2 = high_product_16(y, y);
    const int32_t y3 = high_product_16(y2, y);
    const int32_t y4 = high_product_16(y2, y2);
    /* y^4/24 + y^3/6 + y^2/2 = ((y^4/4 + y^3) / 3 + y^2) / 2 */
    const int32_t tail = rounded_divide_by_power_of_two(
        high_product_16(rounded_divide_by_power_of_two(y4, 2) + y3, third) + y2, 1);
    return clamp_to_int16(exp_of_minus_eighth + high_product_16(exp_of_minus_eighth, y + tail));
}

/* exp(x) in Q0.15 for x <= 0 with `bits` integer bits: exp(x mod 1/4 - 1/4), times exp(-2^k) for each
 * bit k of the rest. */
static inline int32_t exp_of_negative_16(int32_t x, int32_t bits)
{
    static const int16_t exp_of_minus_power[] = {25520, 19875, 12055, 4435, 600, 11, 0};
    /* exp(-2^k) * 2^15 for k = -2 ... 4 */
    const int32_t quarter = 1 << (13 - bits);

    if (x == 0)
        return INT16_MAX;
    if (bits > 5 && x < -(1 << (20 - bits))) /* below -32 */
        return 0;
    const int32_t fine = (x & (quarter - 1)) - quarter;
    const int32_t coarse = fine - x;
    int32_t result = exp_near_zero_16(saturating_shift_left_16(fine, bits));
    for (int32_t k = 0; k < 7 && k - 2 < bits; k++)
        if (coarse & (quarter << k))
            result = high_product_16(result, exp_of_minus_power[k]);
    return result;
}

/* 1 / d in Q2.13 for d = (1 + x) / 2, x in [0, 1), Q0.15: three Newton-Raphson steps from
 * 48/17 - 32/17 d. */
static inline int32_t two_over_one_plus_16(int32_t x)
{
    const int32_t start = 23130;  /* 48/17 in Q2.13 */
    const int32_t slope = -15420; /* -32/17 in Q2.13 */
    const int32_t half_denominator = (x + INT16_MAX + 1) / 2;

    int32_t y = start + high_product_16(half_denominator, slope);
    for (int step = 0; step < 3; step++) {
        const int32_t error = (1 << 13) - high_product_16(half_denominator, y);
        y += saturating_shift_left_16(high_product_16(y, error), 2);
    }
    return y;
}

/* 1 / (1 + exp(-x)) in Q0.15 for x in Q3.12. */
static inline int32_t sigmoid_16(int32_t x)
{
    if (x == 0)
        return 1 << 14;
    const int32_t exponential = exp_of_negative_16(x < 0 ? x : -x, 3);
    const int32_t value = saturating_shift_left_16(two_over_one_plus_16(exponential), 1);
    return x > 0 ? value : INT16_MAX - value;
}

/* tanh(x) = (1 - exp(-2x)) / (1 + exp(-2x)) in Q0.15 for x with `bits` integer bits. */
static inline int32_t tanh_16(int32_t x, int32_t bits)
{
    if (x == 0)
        return 0;
    const int32_t exponential = exp_of_negative_16(x < 0 ? x : -x, bits + 1); /* twice x: one bit more */
    const int32_t value = saturating_shift_left_16(two_over_one_plus_16(exponential) - (1 << 13), 2);
    return x > 0 ? value : -value;
}

#endif
