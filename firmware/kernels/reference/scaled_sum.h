/* ADD and SUB: both inputs brought to a common scale with `left_shift` bits of headroom. */
#ifndef HARNESS_SCALED_SUM_H
#define HARNESS_SCALED_SUM_H

#include "broadcast.h"
#include "requantize.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_add(model, op);
}

/* in1 + sign * in2, element by element. */
static inline int run_scaled_sum(const void *params, const struct run *run, int32_t sign)
{
    const struct image_add p = *(const struct image_add *)params;
    const int8_t *in1 = run->in1, *in2 = run->in2;
    int8_t *const out = run->out;
    for (int32_t i = 0; i < run->length; i++, in1 += run->step1, in2 += run->step2) {
        const int32_t x1 = shift_left(*in1 + p.input1_offset, p.left_shift);
        const int32_t x2 = shift_left(*in2 + p.input2_offset, p.left_shift);
        const int32_t sum = requantize_rounding_twice(x1, p.input1_multiplier, p.input1_shift) +
                            sign * requantize_rounding_twice(x2, p.input2_multiplier, p.input2_shift);
        const int32_t y = requantize_rounding_twice(sum, p.output_multiplier, p.output_shift);
        out[i] = clamp_to_int8(y + p.output_offset, p.activation_min, p.activation_max);
    }
    return 0;
}

#endif
