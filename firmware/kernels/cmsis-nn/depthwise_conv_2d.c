/* DEPTHWISE_CONV_2D through arm_depthwise_conv_wrapper_s8; dilation, batches and channel multipliers
 * take CMSIS-NN's generic loop. */
#include "layout.h"
#include "limits.h"

SAME_PLACE(cmsis_nn_dw_conv_params, input_offset, image_depthwise, input_offset);
SAME_PLACE(cmsis_nn_dw_conv_params, output_offset, image_depthwise, output_offset);
SAME_PLACE(cmsis_nn_dw_conv_params, ch_mult, image_depthwise, channel_multiplier);
SAME_PLACE(cmsis_nn_dw_conv_params, stride.w, image_depthwise, stride_w);
SAME_PLACE(cmsis_nn_dw_conv_params, stride.h, image_depthwise, stride_h);
SAME_PLACE(cmsis_nn_dw_conv_params, padding.w, image_depthwise, pad_w);
SAME_PLACE(cmsis_nn_dw_conv_params, padding.h, image_depthwise, pad_h);
SAME_PLACE(cmsis_nn_dw_conv_params, dilation.w, image_depthwise, dilation_w);
SAME_PLACE(cmsis_nn_dw_conv_params, dilation.h, image_depthwise, dilation_h);
SAME_PLACE(cmsis_nn_dw_conv_params, activation.min, image_depthwise, activation_min);
SAME_PLACE(cmsis_nn_dw_conv_params, activation.max, image_depthwise, activation_max);
ENDS_BEFORE(cmsis_nn_dw_conv_params, image_depthwise, multipliers_at);

/* arm_depthwise_conv_3x3_s8 reads the middle column of a window without asking whether it lies inside
 * the input, so at most one column may hang over on the right. (It does under SAME and VALID.) */
static int overhangs_3x3(const struct image_depthwise *p, const struct image_dims *x, const struct image_dims *f,
                         const struct image_dims *y)
{
    return f->w == 3 && f->h == 3 && (y->w - 1) * p->stride_w - p->pad_w + 3 - x->w > 1;
}

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    int status = check_depthwise_conv_2d(model, op);
    if (status == 0)
        status = check_16_bits(model, op);
    if (status)
        return status;
    const struct image_tensor *x = op_input(model, op, 0), *f = op_input(model, op, 1), *y = op_output(model, op);
    if (overhangs_3x3(op_params(op), &x->dims, &f->dims, &y->dims))
        return NOT_IMPLEMENTED;
    *scratch_bytes =
        (uint32_t)arm_depthwise_conv_wrapper_s8_get_buffer_size(op_params(op), dims_of(x), dims_of(f), dims_of(y));
    return 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_depthwise *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *filter = op_input(model, op, 1);
    const struct image_tensor *output = op_output(model, op);
    const cmsis_nn_context context = scratch_context(model, op);
    const cmsis_nn_per_channel_quant_params quantization = quantization_at(model, p->multipliers_at, p->shifts_at);
    return arm_depthwise_conv_wrapper_s8(&context, (const cmsis_nn_dw_conv_params *)p, &quantization, dims_of(input),
                                         tensor_data(model, input), dims_of(filter), tensor_data(model, filter), NULL,
                                         op_bias(model, op), dims_of(output), tensor_data(model, output));
}

KERNEL(4, "DEPTHWISE_CONV_2D", prepare, invoke);
