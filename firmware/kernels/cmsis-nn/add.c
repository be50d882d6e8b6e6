/* ADD through arm_elementwise_add_s8. */
#include "layout.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_add(model, op);
    if (status)
        return status;
    const struct image_add *p = op_params(op);
    /* The DSP path shifts 16-bit halves without their sign: below 16 it would be lost. */
    return p->left_shift < 16 ? NOT_IMPLEMENTED : 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_add *p = op_params(op);
    const struct image_tensor *output = op_output(model, op);
    return arm_elementwise_add_s8(tensor_data(model, op_input(model, op, 0)), tensor_data(model, op_input(model, op, 1)),
                                  p->input1_offset, p->input1_multiplier, p->input1_shift, p->input2_offset,
                                  p->input2_multiplier, p->input2_shift, p->left_shift, tensor_data(model, output),
                                  p->output_offset, p->output_multiplier, p->output_shift, p->activation_min,
                                  p->activation_max, (int32_t)output->bytes);
}

KERNEL(0, "ADD", prepare, invoke);
