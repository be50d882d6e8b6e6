/* FULLY_CONNECTED with int4 weights through arm_fully_connected_s4. */
#include "layout.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    static const struct operand_types types = {INT8, INT4, INT32};
    *scratch_bytes = 0;
    const int status = check_fully_connected_of(model, op, &types);
    if (status)
        return status;
    const struct image_fully_connected *p = op_params(op);
    return p->filter_offset != 0 || p->per_channel ? NOT_IMPLEMENTED : 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_fully_connected *p = op_params(op);
    const struct image_tensor *filter = op_input(model, op, 1), *output = op_output(model, op);
    const struct image_dims *y = &output->dims;
    const cmsis_nn_context context = {NULL, 0};
    const cmsis_nn_dims input_dims = {.n = y->n * y->h * y->w};
    const cmsis_nn_per_tensor_quant_params quantization = {image_words(model, p->multipliers_at)[0],
                                                           image_words(model, p->shifts_at)[0]};
    return arm_fully_connected_s4(&context, (const cmsis_nn_fc_params *)p, &quantization, &input_dims,
                                  tensor_data(model, op_input(model, op, 0)), dims_of(filter),
                                  tensor_data(model, filter), NULL, op_bias(model, op), dims_of(output),
                                  tensor_data(model, output));
}

KERNEL(0x309, "FULLY_CONNECTED int4 weights", prepare, invoke);
