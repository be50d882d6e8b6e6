/* AVERAGE_POOL_2D_Q7: as the DSP path of old: the mean of each row, then the mean of those, both truncated. */
#include "pool_q7.h"

static inline int8_t q7_pooled(const struct q7_window *window)
{
    const int8_t *row = window->corner;
    int32_t of_rows = 0;
    for (int32_t y = 0; y < window->rows; y++, row += window->row_step) {
        int32_t sum = 0;
        for (int32_t x = 0; x < window->columns; x++)
            sum += row[x * window->step];
        of_rows += sum / window->columns;
    }
    return (int8_t)(of_rows / window->rows);
}

KERNEL(0xF4, "AVERAGE_POOL_2D_Q7", prepare, invoke);
