/* DEPTHWISE_CONV_2D of int16 through arm_depthwise_conv_wrapper_s16. */
#include "../reference/wide.h"
#include "layout.h"
#include "limits.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    static const struct operand_types types = {INT16, INT8, INT64};
    int status = check_depthwise_conv_2d_of(model, op, &types);
    if (status == 0)
        status = check_wide_shifts(model, ((const struct image_depthwise *)op_params(op))->shifts_at, op_output(model, op)->dims.c);
    if (status == 0)
        status = check_16_bits(model, op);
    if (status)
        return status;
    *scratch_bytes = (uint32_t)arm_depthwise_conv_wrapper_s16_get_buffer_size(
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
    return arm_depthwise_conv_wrapper_s16(&context, (const cmsis_nn_dw_conv_params *)p, &quantization, dims_of(input),
               tensor_data(model, input), dims_of(filter), tensor_data(model, filter), NULL,
               (const int64_t *)(const void *)op_bias(model, op), dims_of(output), tensor_data(model, output));
}

KERNEL(0x104, "DEPTHWISE_CONV_2D int16", prepare, invoke);
