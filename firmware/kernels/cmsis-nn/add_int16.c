/* ADD of int16 through arm_elementwise_add_s16. */
#include "../reference/elementwise_int16.h"
#include "layout.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_add_int16(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_add *p = op_params(op);
    const struct image_tensor *output = op_output(model, op);
    return arm_elementwise_add_s16(tensor_data(model, op_input(model, op, 0)),
                                   tensor_data(model, op_input(model, op, 1)), 0, p->input1_multiplier,
                                   p->input1_shift, 0, p->input2_multiplier, p->input2_shift, p->left_shift,
                                   tensor_data(model, output), 0, p->output_multiplier, p->output_shift,
                                   p->activation_min, p->activation_max, elements(&output->dims));
}

KERNEL(0x100, "ADD int16", prepare, invoke);
