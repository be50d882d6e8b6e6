/* MAX_POOL_2D through arm_max_pool_s8. */
#include "pool.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_pool_2d(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return invoke_pool(arm_max_pool_s8, model, op);
}

KERNEL(17, "MAX_POOL_2D", prepare, invoke);
