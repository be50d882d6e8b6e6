/* TRANSPOSE_CONV through arm_transpose_conv_s8: products of all inputs and taps in scratch, then their sums. */
#include "../reference/transpose_conv.h"
#include "layout.h"
#include "limits.h"

SAME_PLACE(cmsis_nn_transpose_conv_params, input_offset, transpose_conv_params, input_offset);
SAME_PLACE(cmsis_nn_transpose_conv_params, output_offset, transpose_conv_params, output_offset);
SAME_PLACE(cmsis_nn_transpose_conv_params, stride.w, transpose_conv_params, stride_w);
SAME_PLACE(cmsis_nn_transpose_conv_params, stride.h, transpose_conv_params, stride_h);
SAME_PLACE(cmsis_nn_transpose_conv_params, padding.w, transpose_conv_params, pad_w);
SAME_PLACE(cmsis_nn_transpose_conv_params, padding.h, transpose_conv_params, pad_h);
SAME_PLACE(cmsis_nn_transpose_conv_params, padding_offsets.w, transpose_conv_params, pad_after_w);
SAME_PLACE(cmsis_nn_transpose_conv_params, padding_offsets.h, transpose_conv_params, pad_after_h);
SAME_PLACE(cmsis_nn_transpose_conv_params, dilation.w, transpose_conv_params, dilation_w);
SAME_PLACE(cmsis_nn_transpose_conv_params, activation.min, transpose_conv_params, activation_min);
SAME_PLACE(cmsis_nn_transpose_conv_params, activation.max, transpose_conv_params, activation_max);
ENDS_BEFORE(cmsis_nn_transpose_conv_params, transpose_conv_params, multipliers_at);

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    int status = check_transpose_conv(model, op);
    if (status == 0)
        status = check_16_bits(model, op);
    if (status)
        return status;
    const struct image_dims *x = &op_input(model, op, 0)->dims, *f = &op_input(model, op, 1)->dims;
    const struct image_tensor *output = op_output(model, op);
    const uint64_t products = (uint64_t)(f->w * f->h) * (uint64_t)(x->w * x->h) * (uint64_t)output->dims.c;
    if (products > INT32_MAX / 8)
        return NOT_IMPLEMENTED;
    *scratch_bytes = sums_bytes(&output->dims) +
                     (uint32_t)arm_transpose_conv_s8_get_buffer_size(dims_of(op_input(model, op, 0)),
                                                                     dims_of(op_input(model, op, 1)), dims_of(output));
    return 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct transpose_conv_params *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *filter = op_input(model, op, 1);
    const struct image_tensor *output = op_output(model, op);
    const uint32_t bytes = sums_bytes(&output->dims);
    uint8_t *const scratch = op_scratch(model, op);
    const cmsis_nn_context sums = {scratch, (int32_t)bytes};
    const cmsis_nn_context products = {scratch + bytes, (int32_t)(op->scratch_bytes - bytes)};
    const cmsis_nn_per_channel_quant_params quantization = quantization_at(model, p->multipliers_at, p->shifts_at);
    return arm_transpose_conv_s8(&products, &sums, (const cmsis_nn_transpose_conv_params *)p, &quantization,
                                 dims_of(input), tensor_data(model, input), dims_of(filter),
                                 tensor_data(model, filter), NULL, op_bias(model, op), dims_of(output),
                                 tensor_data(model, output));
}

KERNEL(67, "TRANSPOSE_CONV", prepare, invoke);
