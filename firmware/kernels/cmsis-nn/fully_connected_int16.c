/* FULLY_CONNECTED of int16 through arm_fully_connected_s16, output by output where scales are per channel. */
#include "../reference/wide.h"
#include "arm_nnsupportfunctions.h"
#include "layout.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    static const struct operand_types types = {INT16, INT8, INT64};
    *scratch_bytes = 0; /* arm_fully_connected_s16_get_buffer_size gives 0 on every core */
    const int status = check_fully_connected_of(model, op, &types);
    if (status)
        return status;
    const struct image_fully_connected *p = op_params(op);
    if (p->filter_offset != 0)
        return NOT_IMPLEMENTED; /* CMSIS-NN ignores it */
    return check_wide_shifts(model, p->shifts_at, p->per_channel ? op_output(model, op)->dims.c : 1);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_fully_connected *p = op_params(op);
    const struct image_tensor *filter = op_input(model, op, 1), *output = op_output(model, op);
    const struct image_dims *f = &filter->dims, *y = &output->dims;
    const int16_t *in = tensor_data(model, op_input(model, op, 0));
    const int8_t *const weights = tensor_data(model, filter);
    const int64_t *const bias = (const void *)op_bias(model, op);
    const int32_t *multipliers = image_words(model, p->multipliers_at), *shifts = image_words(model, p->shifts_at);
    const cmsis_nn_context context = {NULL, 0};
    const cmsis_nn_dims input_dims = {.n = y->n * y->h * y->w};
    int16_t *out = tensor_data(model, output);
    if (!p->per_channel) {
        const cmsis_nn_per_tensor_quant_params quantization = {multipliers[0], shifts[0]};
        return arm_fully_connected_s16(&context, (const cmsis_nn_fc_params *)p, &quantization, &input_dims, in,
                                       dims_of(filter), weights, NULL, bias, dims_of(output), out);
    }
    for (int32_t n = 0; n < input_dims.n; n++, in += f->n)
        for (int32_t oc = 0; oc < f->c; oc++) {
            const int status = arm_nn_vec_mat_mult_t_s16(in, weights + oc * f->n, bias ? bias + oc : NULL, out++,
                                                         REDUCE_MULTIPLIER(multipliers[oc]), shifts[oc], f->n, 1,
                                                         p->activation_min, p->activation_max);
            if (status)
                return status;
        }
    return 0;
}

KERNEL(0x109, "FULLY_CONNECTED int16", prepare, invoke);
