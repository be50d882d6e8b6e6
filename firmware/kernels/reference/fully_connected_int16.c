/* FULLY_CONNECTED of int16. */
#include "int16.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_fully_connected_of(model, op, &types);
    if (status)
        return status;
    const struct image_fully_connected *p = op_params(op);
    return check_wide_shifts(model, p->shifts_at, p->per_channel ? op_output(model, op)->dims.c : 1);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return multiply(model, op);
}

KERNEL(0x109, "FULLY_CONNECTED int16", prepare, invoke);
