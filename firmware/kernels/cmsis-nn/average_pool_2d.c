/* AVERAGE_POOL_2D through arm_avgpool_s8. */
#include "pool.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const int status = check_pool_2d(model, op);
    if (status)
        return status;
    const struct image_dims *y = &op_output(model, op)->dims;
    *scratch_bytes = (uint32_t)arm_avgpool_s8_get_buffer_size(y->w, y->c);
    return 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return invoke_pool(arm_avgpool_s8, model, op);
}

KERNEL(1, "AVERAGE_POOL_2D", prepare, invoke);
