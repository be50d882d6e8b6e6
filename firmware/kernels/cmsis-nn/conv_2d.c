/* CONV_2D through arm_convolve_wrapper_s8, which chooses among CMSIS-NN's convolutions. */
#include "layout.h"
#include "limits.h"

SAME_PLACE(cmsis_nn_conv_params, input_offset, image_conv, input_offset);
SAME_PLACE(cmsis_nn_conv_params, output_offset, image_conv, output_offset);
SAME_PLACE(cmsis_nn_conv_params, stride.w, image_conv, stride_w);
SAME_PLACE(cmsis_nn_conv_params, stride.h, image_conv, stride_h);
SAME_PLACE(cmsis_nn_conv_params, padding.w, image_conv, pad_w);
SAME_PLACE(cmsis_nn_conv_params, padding.h, image_conv, pad_h);
SAME_PLACE(cmsis_nn_conv_params, dilation.w, image_conv, dilation_w);
SAME_PLACE(cmsis_nn_conv_params, dilation.h, image_conv, dilation_h);
SAME_PLACE(cmsis_nn_conv_params, activation.min, image_conv, activation_min);
SAME_PLACE(cmsis_nn_conv_params, activation.max, image_conv, activation_max);
ENDS_BEFORE(cmsis_nn_conv_params, image_conv, multipliers_at);

static int32_t scratch_of(const cmsis_nn_conv_params *p, const cmsis_nn_dims *x, const cmsis_nn_dims *f,
                          const cmsis_nn_dims *y)
{
#if defined(ARM_MATH_MVEI)
    if (x->h == 1 && f->h == 1)
        return arm_convolve_s8_get_buffer_size(x, f); /* invoke() may fall back to it; the others need none */
#endif
    return arm_convolve_wrapper_s8_get_buffer_size(p, x, f, y);
}

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    int status = check_conv_2d(model, op);
    if (status == 0)
        status = check_16_bits(model, op);
    if (status)
        return status;
    const struct image_dims *f = &op_input(model, op, 1)->dims;
    if (f->h * f->w * f->c > UINT16_MAX)
        return NOT_IMPLEMENTED; /* arm_convolve_s8 counts the columns of an odd last row in 16 bits */
    *scratch_bytes = (uint32_t)scratch_of(op_params(op), dims_of(op_input(model, op, 0)),
                                          dims_of(op_input(model, op, 1)), dims_of(op_output(model, op)));
    return 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_conv *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *filter = op_input(model, op, 1);
    const struct image_tensor *output = op_output(model, op);
    const cmsis_nn_context context = scratch_context(model, op);
    const cmsis_nn_per_channel_quant_params quantization = quantization_at(model, p->multipliers_at, p->shifts_at);
    const int status = arm_convolve_wrapper_s8(
        &context, (const cmsis_nn_conv_params *)p, &quantization, dims_of(input), tensor_data(model, input),
        dims_of(filter), tensor_data(model, filter), NULL, op_bias(model, op), dims_of(output),
        tensor_data(model, output));
#if defined(ARM_MATH_MVEI)
    /* arm_convolve_1_x_n_s8, which the wrapper calls, gives up on Helium at some paddings (those of VALID
     * with more than one column left over, and of windows that hang over on both sides). */
    if (status == ARM_CMSIS_NN_FAILURE)
        return arm_convolve_s8(&context, (const cmsis_nn_conv_params *)p, &quantization, dims_of(input),
                               tensor_data(model, input), dims_of(filter), tensor_data(model, filter), NULL,
                               op_bias(model, op), dims_of(output), tensor_data(model, output));
#endif
    return status;
}

KERNEL(3, "CONV_2D", prepare, invoke);
