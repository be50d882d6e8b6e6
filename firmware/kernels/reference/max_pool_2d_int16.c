/* MAX_POOL_2D of int16: the largest element inside the input. */
#include "pool_int16.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return prepare_pool_int16(model, op);
}

static int32_t largest(const struct covered *part)
{
    int32_t found = INT16_MIN;
    for (int32_t y = 0; y < part->rows; y++)
        for (int32_t x = 0; x < part->columns; x++) {
            const int16_t value = part->at[y * part->row_step + x * part->column_step];
            found = value > found ? value : found;
        }
    return found;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return pool_int16(model, op, largest);
}

KERNEL(0x111, "MAX_POOL_2D int16", prepare, invoke);
