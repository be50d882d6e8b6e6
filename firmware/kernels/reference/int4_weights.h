/* int4 weights, two to a byte and the first in the low half; int8 activations. */
#ifndef HARNESS_INT4_WEIGHTS_H
#define HARNESS_INT4_WEIGHTS_H

#include "requantize.h"

typedef int8_t activation;
typedef int32_t total;
typedef int32_t bias_word;

static inline int32_t weight_at(const void *weights, int32_t i)
{
    const int32_t pair = ((const uint8_t *)weights)[i / 2];
    const int32_t code = i % 2 ? pair >> 4 : pair & 15;
    return code - ((code & 8) << 1);
}

#include "weighted.h"

static const struct operand_types types = {INT8, INT4, INT32};

#endif
