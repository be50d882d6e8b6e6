/* AVERAGE_POOL_2D of int16: the mean of the elements inside the input, ties away from zero. */
#include "pool_int16.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return prepare_pool_int16(model, op);
}

static int32_t mean(const struct covered *part)
{
    const int32_t count = part->rows * part->columns;
    int32_t sum = 0;
    for (int32_t y = 0; y < part->rows; y++)
        for (int32_t x = 0; x < part->columns; x++)
            sum += part->at[y * part->row_step + x * part->column_step];
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return pool_int16(model, op, mean);
}

KERNEL(0x101, "AVERAGE_POOL_2D int16", prepare, invoke);
