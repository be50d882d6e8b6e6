/* CONV_2D with int4 weights through arm_convolve_wrapper_s4. */
#include "layout.h"
#include "limits.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    static const struct operand_types types = {INT8, INT4, INT32};
    int status = check_conv_2d_of(model, op, &types);
    if (status == 0)
        status = check_16_bits(model, op);
    if (status)
        return status;
    const struct image_dims *f = &op_input(model, op, 1)->dims;
    if (f->h * f->w * f->c > UINT16_MAX)
        return NOT_IMPLEMENTED; /* columns are counted in 16 bits */
    *scratch_bytes = (uint32_t)arm_convolve_wrapper_s4_get_buffer_size(
        op_params(op), dims_of(op_input(model, op, 0)), dims_of(op_input(model, op, 1)), dims_of(op_output(model, op)));
    return 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_conv *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *filter = op_input(model, op, 1);
    const struct image_tensor *output = op_output(model, op);
    const cmsis_nn_context context = scratch_context(model, op);
    const cmsis_nn_per_channel_quant_params quantization = quantization_at(model, p->multipliers_at, p->shifts_at);
    return arm_convolve_wrapper_s4(&context, (const cmsis_nn_conv_params *)p, &quantization, dims_of(input),
               tensor_data(model, input), dims_of(filter), tensor_data(model, filter), NULL,
               op_bias(model, op), dims_of(output), tensor_data(model, output));
}

KERNEL(0x303, "CONV_2D int4 weights", prepare, invoke);
