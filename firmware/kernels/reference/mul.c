/* MUL: the product of codes without their zero points, requantised. */
#include "mul.h"
#include "requantize.h"

static int each_run(const void *params, const struct run *run)
{
    const struct mul_params p = *(const struct mul_params *)params;
    const int8_t *in1 = run->in1, *in2 = run->in2;
    int8_t *const out = run->out;
    for (int32_t i = 0; i < run->length; i++, in1 += run->step1, in2 += run->step2) {
        const int32_t product = (*in1 + p.input1_offset) * (*in2 + p.input2_offset);
        const int32_t y = requantize_rounding_twice(product, p.multiplier, p.shift);
        out[i] = clamp_to_int8(y + p.output_offset, p.activation_min, p.activation_max);
    }
    return 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return for_each_run(model, op, each_run);
}

KERNEL(18, "MUL", prepare, invoke);
