/* DEPTHWISE_CONV_2D with int4 weights through arm_depthwise_conv_wrapper_s4. */
#include "layout.h"
#include "limits.h"

/* arm_depthwise_conv_s4, which the wrapper takes for these, mistakes the halves of bytes where channels are odd. */
static int is_odd(const struct image_depthwise *p, const struct image_dims *x)
{
    return x->c % 2 && (p->channel_multiplier != 1 || x->n != 1 || p->dilation_w != 1 || p->dilation_h != 1);
}

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    static const struct operand_types types = {INT8, INT4, INT32};
    int status = check_depthwise_conv_2d_of(model, op, &types);
    if (status == 0)
        status = check_16_bits(model, op);
    if (status)
        return status;
    if (is_odd(op_params(op), &op_input(model, op, 0)->dims))
        return NOT_IMPLEMENTED;
    *scratch_bytes = (uint32_t)arm_depthwise_conv_wrapper_s4_get_buffer_size(
        op_params(op), dims_of(op_input(model, op, 0)), dims_of(op_input(model, op, 1)), dims_of(op_output(model, op)));
    return 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_depthwise *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *filter = op_input(model, op, 1);
    const struct image_tensor *output = op_output(model, op);
    const cmsis_nn_context context = scratch_context(model, op);
    const cmsis_nn_per_channel_quant_params quantization = quantization_at(model, p->multipliers_at, p->shifts_at);
    return arm_depthwise_conv_wrapper_s4(&context, (const cmsis_nn_dw_conv_params *)p, &quantization, dims_of(input),
               tensor_data(model, input), dims_of(filter), tensor_data(model, filter), NULL,
               op_bias(model, op), dims_of(output), tensor_data(model, output));
}

KERNEL(0x304, "DEPTHWISE_CONV_2D int4 weights", prepare, invoke);
