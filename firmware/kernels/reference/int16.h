/* int16 activations without zero point, int8 weights, int64 sums. */
#ifndef HARNESS_INT16_H
#define HARNESS_INT16_H

#include "wide.h"

typedef int16_t activation;
typedef int64_t total;
typedef int64_t bias_word;

static inline int32_t weight_at(const void *weights, int32_t i)
{
    return ((const int8_t *)weights)[i];
}

#define REQUANTIZE requantize_wide

#include "weighted.h"

static const struct operand_types types = {INT16, INT8, INT64};

#endif
