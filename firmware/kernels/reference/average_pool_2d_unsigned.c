/* AVERAGE_POOL_2D of codes that were uint8: the mean of the elements inside the input, ties up. */
#include "average_pool_2d.h"

/* The mean of the codes as they were, none below 0. */
static inline int32_t mean(int32_t sum, int32_t count)
{
    return (sum - INT8_MIN * count + count / 2) / count + INT8_MIN;
}

KERNEL(0x401, "AVERAGE_POOL_2D unsigned", prepare, invoke);
