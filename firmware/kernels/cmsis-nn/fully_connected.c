/* FULLY_CONNECTED through arm_fully_connected_s8, row by row where scales are per channel. */
#include "arm_nnsupportfunctions.h"
#include "layout.h"

SAME_PLACE(cmsis_nn_fc_params, input_offset, image_fully_connected, input_offset);
SAME_PLACE(cmsis_nn_fc_params, filter_offset, image_fully_connected, filter_offset);
SAME_PLACE(cmsis_nn_fc_params, output_offset, image_fully_connected, output_offset);
SAME_PLACE(cmsis_nn_fc_params, activation.min, image_fully_connected, activation_min);
SAME_PLACE(cmsis_nn_fc_params, activation.max, image_fully_connected, activation_max);
ENDS_BEFORE(cmsis_nn_fc_params, image_fully_connected, per_channel);

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const int status = check_fully_connected(model, op);
    if (status)
        return status;
    const struct image_fully_connected *p = op_params(op);
    if (p->filter_offset != 0)
        return NOT_IMPLEMENTED; /* CMSIS-NN ignores it */
    *scratch_bytes = 0; /* the buffer that CMSIS-NN asks for on Helium is for the sums, which the image has */
    return 0;
}

/* This release has no per-channel kernel. Its 1x1 convolution would do, but rounds apart from
 * arm_fully_connected_s8 when the inner kernel is built with CMSIS_NN_USE_SINGLE_ROUNDING; so the inner
 * kernel is called for one output at a time. */
static int invoke_per_channel(const struct image_fully_connected *p, const int32_t *sums, int32_t batches,
                              const struct image_dims *f, const int8_t *in, const int8_t *weights,
                              const int32_t *bias, const int32_t *multipliers, const int32_t *shifts, int8_t *out)
{
    for (int32_t n = 0; n < batches; n++, in += f->n)
        for (int32_t oc = 0; oc < f->c; oc++) {
            const int status = arm_nn_vec_mat_mult_t_s8(
                in, weights + oc * f->n, sums + oc, bias ? bias + oc : NULL, out++,
                p->input_offset, p->output_offset, multipliers[oc], shifts[oc], f->n, 1, p->activation_min,
                p->activation_max, 1);
            if (status)
                return status;
        }
    return 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_fully_connected *p = op_params(op);
    const struct image_tensor *filter = op_input(model, op, 1), *output = op_output(model, op);
    const struct image_dims *f = &filter->dims, *y = &output->dims;
    const int8_t *in = tensor_data(model, op_input(model, op, 0)), *weights = tensor_data(model, filter);
    const int32_t *multipliers = image_words(model, p->multipliers_at), *shifts = image_words(model, p->shifts_at);
    const int32_t *sums = image_words(model, p->sums_at); /* read on Helium only, and never written */
    const cmsis_nn_context context = {(void *)(uintptr_t)sums, f->c * (int32_t)sizeof *sums};
    const cmsis_nn_dims input_dims = {.n = y->n * y->h * y->w}; /* batches; nothing else is read */
    if (p->per_channel)
        return invoke_per_channel(p, sums, input_dims.n, f, in, weights, op_bias(model, op), multipliers, shifts,
                                  tensor_data(model, output));
    const cmsis_nn_per_tensor_quant_params quantization = {multipliers[0], shifts[0]};
    return arm_fully_connected_s8(&context, (const cmsis_nn_fc_params *)p, &quantization, &input_dims, in,
                                  dims_of(filter), weights, NULL, op_bias(model, op), dims_of(output),
                                  tensor_data(model, output));
}

KERNEL(9, "FULLY_CONNECTED", prepare, invoke);
