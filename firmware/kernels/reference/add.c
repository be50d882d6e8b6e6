/* ADD: both inputs brought to a common scale, added, requantised. */
#include "scaled_sum.h"

static int each_run(const void *params, const struct run *run)
{
    return run_scaled_sum(params, run, 1);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return for_each_run(model, op, each_run);
}

KERNEL(0, "ADD", prepare, invoke);
