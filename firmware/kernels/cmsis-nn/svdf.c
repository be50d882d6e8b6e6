/* SVDF through arm_svdf_state_s16_s8. */
#include "../reference/svdf.h"
#include "layout.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const int status = check_svdf(model, op);
    if (status)
        return status;
    const struct svdf_sizes s = svdf_sizes(model, op);
    *scratch_bytes = (uint32_t)(s.batches * (s.filters + s.units)) * sizeof(int32_t);
    return s.filters <= INT16_MAX ? 0 : NOT_IMPLEMENTED; /* CMSIS-NN keeps the rank in 16 bits */
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct svdf_params *p = op_params(op);
    const struct svdf_sizes s = svdf_sizes(model, op);
    int32_t *const scratch = op_scratch(model, op);
    const cmsis_nn_context filters = {scratch, s.batches * s.filters * (int32_t)sizeof *scratch};
    const cmsis_nn_context units = {scratch + s.batches * s.filters, s.batches * s.units * (int32_t)sizeof *scratch};
    /* CMSIS-NN takes the input's zero point here as it is. */
    const cmsis_nn_svdf_params params = {p->rank, -p->input_offset, p->output_offset, {INT16_MIN, INT16_MAX},
                                         {INT8_MIN, INT8_MAX}};
    const cmsis_nn_per_tensor_quant_params to_state = {p->state_multiplier, p->state_shift};
    const cmsis_nn_per_tensor_quant_params to_output = {p->output_multiplier, p->output_shift};
    const cmsis_nn_dims input = {.n = s.batches, .h = s.depth}, feature = {.n = s.filters}, time = {.h = s.memory};
    const cmsis_nn_dims none = {0};
    return arm_svdf_state_s16_s8(&filters, &units, &params, &to_state, &to_output, &input,
                                 tensor_data(model, op_tensor(model, op, SVDF_INPUT)), &none,
                                 tensor_data(model, op_tensor(model, op, SVDF_STATE)), &feature,
                                 tensor_data(model, op_tensor(model, op, SVDF_FEATURE)), &time,
                                 tensor_data(model, op_tensor(model, op, SVDF_TIME)), &none, svdf_bias(model, op),
                                 &none, tensor_data(model, op_tensor(model, op, SVDF_OUTPUT)));
}

KERNEL(27, "SVDF", prepare, invoke);
