/* MUL of int16 through arm_elementwise_mul_s16. */
#include "../reference/elementwise_int16.h"
#include "layout.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_mul_int16(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct mul_int16_params *p = op_params(op);
    const struct image_tensor *output = op_output(model, op);
    return arm_elementwise_mul_s16(tensor_data(model, op_input(model, op, 0)),
                                   tensor_data(model, op_input(model, op, 1)), 0, 0, tensor_data(model, output), 0,
                                   p->multiplier, p->shift, p->activation_min, p->activation_max,
                                   elements(&output->dims));
}

KERNEL(0x112, "MUL int16", prepare, invoke);
