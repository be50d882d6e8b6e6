/* FULLY_CONNECTED of codes that were uint8, weights too: LiteRT's uint8 kernel rounds twice. */
#include "requantize.h"

typedef int8_t activation;
typedef int32_t total;
typedef int32_t bias_word;

static inline int32_t weight_at(const void *weights, int32_t i)
{
    return ((const int8_t *)weights)[i];
}

#define REQUANTIZE requantize_rounding_twice

#include "weighted.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_fully_connected(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return multiply(model, op);
}

KERNEL(0x409, "FULLY_CONNECTED unsigned", prepare, invoke);
