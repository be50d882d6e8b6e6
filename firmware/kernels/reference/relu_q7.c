/* RELU_Q7: max(0, x); input and output usually share their place in the arena. */
#include "q7.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (check_int8_operands(model, op, 0, 1))
        return BAD_ARGUMENT;
    return op_input(model, op, 0)->bytes == op_output(model, op)->bytes ? 0 : BAD_ARGUMENT;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_tensor *output = op_output(model, op);
    const int8_t *const in = tensor_data(model, op_input(model, op, 0));
    int8_t *const out = tensor_data(model, output);
    for (uint32_t i = 0; i < output->bytes; i++)
        out[i] = in[i] < 0 ? 0 : in[i];
    return 0;
}

KERNEL(0xF2, "RELU_Q7", prepare, invoke);
