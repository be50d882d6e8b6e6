/* AVERAGE_POOL_2D: the mean of the elements inside the input, ties away from zero. */
#include "average_pool_2d.h"

static inline int32_t mean(int32_t sum, int32_t count)
{
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

KERNEL(1, "AVERAGE_POOL_2D", prepare, invoke);
