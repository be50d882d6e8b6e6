/* MAX_POOL_2D of int16 through arm_max_pool_s16. */
#include "../reference/pool_int16.h"
#include "pool.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const int status = prepare_pool_int16(model, op);
    *scratch_bytes = 0;
    return status;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_pool *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *output = op_output(model, op);
    const cmsis_nn_context context = scratch_context(model, op);
    const cmsis_nn_dims filter_dims = {.h = p->filter_h, .w = p->filter_w};
    return arm_max_pool_s16(&context, (const cmsis_nn_pool_params *)p, dims_of(input), tensor_data(model, input),
               &filter_dims, dims_of(output), tensor_data(model, output));
}

KERNEL(0x111, "MAX_POOL_2D int16", prepare, invoke);
