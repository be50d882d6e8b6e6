/* Runs of broadcast operands for functions of CMSIS-NN, which take two vectors of one length. */
#ifndef HARNESS_CMSIS_NN_RUNS_H
#define HARNESS_CMSIS_NN_RUNS_H

#include <string.h>

#include "../reference/broadcast.h"

/* Call `each` for parts of the run in which both operands are vectors: what stands still is repeated in a
 * buffer first. */
static inline int for_each_vector(const void *params, const struct run *run, run_function *each)
{
    int8_t repeated[2][64];
    if (run->step1 && run->step2)
        return each(params, run);
    if (!run->step1)
        memset(repeated[0], run->in1[0], sizeof repeated[0]);
    if (!run->step2)
        memset(repeated[1], run->in2[0], sizeof repeated[1]);
    for (int32_t at = 0; at < run->length; at += (int32_t)sizeof repeated[0]) {
        const int32_t left = run->length - at;
        const struct run part = {
            .in1 = run->step1 ? run->in1 + at : repeated[0],
            .in2 = run->step2 ? run->in2 + at : repeated[1],
            .out = run->out + at,
            .length = left < (int32_t)sizeof repeated[0] ? left : (int32_t)sizeof repeated[0],
            .step1 = 1,
            .step2 = 1,
        };
        const int status = each(params, &part);
        if (status)
            return status;
    }
    return 0;
}

#endif
