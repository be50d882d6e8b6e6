/* MUL of int16: the product, requantised. */
#include "elementwise_int16.h"
#include "requantize.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_mul_int16(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct mul_int16_params *p = op_params(op);
    const int16_t *a = tensor_data(model, op_input(model, op, 0)), *b = tensor_data(model, op_input(model, op, 1));
    const struct image_tensor *output = op_output(model, op);
    int16_t *out = tensor_data(model, output);
    for (int32_t i = elements(&output->dims); i > 0; i--)
        *out++ = clamp_to_int16(requantize_rounding_twice(*a++ * *b++, p->multiplier, p->shift), p->activation_min,
                                p->activation_max);
    return 0;
}

KERNEL(0x112, "MUL int16", prepare, invoke);
