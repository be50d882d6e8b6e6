/* FULLY_CONNECTED with uint8 weights. */
#include "requantize.h"
#define REQUANTIZE requantize_rounding_once /* as LiteRT 2.3 does for all 8-bit weights */
#include "uint8_weights.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_fully_connected_of(model, op, &types);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return multiply(model, op);
}

KERNEL(0x209, "FULLY_CONNECTED uint8 weights", prepare, invoke);
