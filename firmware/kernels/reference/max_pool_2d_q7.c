/* MAX_POOL_2D_Q7: the largest element of a window. */
#include "pool_q7.h"

static inline int8_t q7_pooled(const struct q7_window *window)
{
    const int8_t *row = window->corner;
    int8_t largest = INT8_MIN;
    for (int32_t y = 0; y < window->rows; y++, row += window->row_step)
        for (int32_t x = 0; x < window->columns; x++)
            largest = row[x * window->step] > largest ? row[x * window->step] : largest;
    return largest;
}

KERNEL(0xF3, "MAX_POOL_2D_Q7", prepare, invoke);
