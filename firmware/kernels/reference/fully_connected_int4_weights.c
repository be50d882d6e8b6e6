/* FULLY_CONNECTED with int4 weights. */
#include "requantize.h"
#define REQUANTIZE requantize_rounding_once /* LiteRT unpacks such weights for its int8 kernel */
#include "int4_weights.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_fully_connected_of(model, op, &types);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return multiply(model, op);
}

KERNEL(0x309, "FULLY_CONNECTED int4 weights", prepare, invoke);
