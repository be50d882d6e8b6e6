/* From 32-bit accumulators back to 8 bits: multiplication by Q31 multiplier and power of two.
 *
 * The scheme is that of B. Jacob et al., "Quantization and Training of Neural Networks for
 * Efficient Integer-Arithmetic-Only Inference", CVPR 2018, section 2.2; the rounding of each step is
 * that of gemmlowp's fixedpoint.h, which LiteRT's reference kernels use. */
#ifndef HARNESS_REQUANTIZE_H
#define HARNESS_REQUANTIZE_H

#include <stdint.h>

/* x * 2^shift, wrapping as the processor does. */
static inline int32_t shift_left(int32_t x, int32_t shift)
{
    return (int32_t)((uint32_t)x << shift);
}

/* a * b / 2^31, ties towards plus infinity (gemmlowp: SaturatingRoundingDoublingHighMul). */
static inline int32_t high_product(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN)
        return INT32_MAX;
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/* x / 2^exponent, ties away from zero (gemmlowp: RoundingDivideByPOT). */
static inline int32_t rounded_divide_by_power_of_two(int32_t x, int32_t exponent)
{
    const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1);
    const int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> exponent) + ((x & mask) > threshold);
}

/* x * multiplier * 2^(shift - 31), rounded after the product and again after the shift. */
static inline int32_t requantize_rounding_twice(int32_t x, int32_t multiplier, int32_t shift)
{
    if (shift > 0)
        return high_product(shift_left(x, shift), multiplier);
    return rounded_divide_by_power_of_two(high_product(x, multiplier), -shift);
}

/* x * multiplier * 2^(shift - 31), rounded once, ties away from zero. */
static inline int32_t requantize_rounding_once(int32_t x, int32_t multiplier, int32_t shift)
{
    const int32_t right = 31 - shift;
    const int64_t half = INT64_C(1) << (right - 1);
    return (int32_t)(((int64_t)x * multiplier + half - (x < 0)) >> right);
}

static inline int8_t clamp_to_int8(int32_t x, int32_t low, int32_t high)
{
    return (int8_t)(x < low ? low : x > high ? high : x);
}

#endif
