/* Which taps of a sliding window fall inside the input, so that loops need no test per tap. */
#ifndef HARNESS_TAPS_H
#define HARNESS_TAPS_H

#include <stdint.h>

/* Taps `begin` up to `end` lie inside; the first of them at input position `at`. With none inside,
 * begin equals end and `at` is 0. */
struct taps {
    int32_t begin, end, at;
};

/* Tap k of a window that starts at `start` (negative in the padding) lies at start + k * dilation. */
static inline struct taps taps_inside(int32_t start, int32_t input, int32_t filter, int32_t dilation)
{
    struct taps taps = {0, filter, 0};
    if (start < 0)
        taps.begin = dilation == 1 ? -start : (-start + dilation - 1) / dilation;
    if (start + (filter - 1) * dilation >= input)
        taps.end = dilation == 1 ? input - start : (input - start + dilation - 1) / dilation;
    if (taps.begin < taps.end)
        taps.at = start + taps.begin * dilation;
    else
        taps.begin = taps.end = 0;
    return taps;
}

#endif
