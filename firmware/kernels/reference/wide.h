/* From 64-bit sums to 16 bits: LiteRT's MultiplyByQuantizedMultiplier of int64 keeps 16 bits of the multiplier. */
#ifndef HARNESS_WIDE_H
#define HARNESS_WIDE_H

#include "checks.h"

enum { WIDE_SHIFT_MAX = 7 };

/* x * multiplier * 2^(shift - 31) with the multiplier rounded to Q15, ties up; shift is WIDE_SHIFT_MAX or less. */
static inline int32_t requantize_wide(int64_t x, int32_t multiplier, int32_t shift)
{
    const int64_t reduced = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
    const int32_t right = 15 - shift;
    return (int32_t)((x * reduced + (INT64_C(1) << (right - 1))) >> right);
}

static inline int check_wide_shifts(const struct model *m, uint32_t at, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (image_words(m, at)[i] > WIDE_SHIFT_MAX)
            return BAD_ARGUMENT;
    return 0;
}

#endif
