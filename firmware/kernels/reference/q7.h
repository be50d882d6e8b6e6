/* What q7 operators have in common: int8 with power-of-two scales, rounded and saturated as CMSIS-NN 1.0 did. */
#ifndef HARNESS_Q7_H
#define HARNESS_Q7_H

#include "operands.h"

struct q7_data {
    int32_t shift, means[3];
};

struct q7_conv {
    int32_t stride, pad, bias_shift, out_shift;
};

struct q7_pool {
    int32_t kernel, stride, pad;
};

struct q7_fully_connected {
    int32_t bias_shift, out_shift;
};

/* With at most this many products in a sum, and these shifts, no sum leaves 32 bits:
 * 65,535 * 2^14 + 2^7 * 2^22 + 2^29 < 2^31. */
enum { Q7_LARGEST_DEPTH = 65535, Q7_LARGEST_BIAS_SHIFT = 22, Q7_LARGEST_OUT_SHIFT = 30, Q7_LARGEST_SIDE = 1 << 15 };

static inline int q7_within(int32_t x, int32_t low, int32_t high)
{
    return x >= low && x <= high ? 0 : BAD_ARGUMENT;
}

static inline int8_t q7_saturated(int32_t x)
{
    return (int8_t)(x < INT8_MIN ? INT8_MIN : x > INT8_MAX ? INT8_MAX : x);
}

/* Half of what the shift takes off, or 0 where it takes nothing. */
static inline int32_t q7_half(int32_t shift)
{
    return (int32_t)((UINT32_C(1) << shift) >> 1);
}

/* (sum + (bias << bias_shift) + half) >> out_shift, saturated. */
static inline int8_t q7_requantized(int32_t sum, int8_t bias, int32_t bias_shift, int32_t out_shift)
{
    const int32_t total = sum + bias * (1 << bias_shift) + q7_half(out_shift);
    return q7_saturated(total >> out_shift);
}

/* Weights and a bias per output channel, all int8, and shifts within the limits above. */
static inline int q7_check_weighted(const struct model *m, const struct image_operator *op, size_t params_bytes,
                                    int32_t bias_shift, int32_t out_shift)
{
    if (check_int8_operands(m, op, params_bytes, 3))
        return BAD_ARGUMENT;
    return elements(&op_input(m, op, 2)->dims) != op_output(m, op)->dims.c
               ? BAD_ARGUMENT
               : q7_within(bias_shift, 0, Q7_LARGEST_BIAS_SHIFT) | q7_within(out_shift, 0, Q7_LARGEST_OUT_SHIFT);
}

#endif
