/* CONV_2D with int2 weights: the filter of one output channel is unpacked at a time. */
#include "int2_weights.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_conv_2d_of(model, op, &types);
    if (status == 0)
        *scratch_bytes = (uint32_t)filter_bytes(&op_input(model, op, 1)->dims);
    return status;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return convolve_by_tiles(model, op);
}

KERNEL(0x403, "CONV_2D int2 weights", prepare, invoke);
