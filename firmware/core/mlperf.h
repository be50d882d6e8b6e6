/* MLPerf Tiny's text protocol on the same link, told apart from frames by the bytes. */
#ifndef HARNESS_MLPERF_H
#define HARNESS_MLPERF_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "memory_map.h"

/* Take one byte of the link; true when it ended a command, which is answered then. */
#if HARNESS_MLPERF
bool mlperf_push(const struct memory *memory, uint8_t byte);
#else
static inline bool mlperf_push(const struct memory *memory, uint8_t byte)
{
    (void)memory;
    (void)byte;
    return false;
}
#endif

#endif
