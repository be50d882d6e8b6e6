/* uint8 weights with a zero point, int8 activations: a network that was uint8. */
#ifndef HARNESS_UINT8_WEIGHTS_H
#define HARNESS_UINT8_WEIGHTS_H

#include "requantize.h"

typedef int8_t activation;
typedef int32_t total;
typedef int32_t bias_word;

static inline int32_t weight_at(const void *weights, int32_t i)
{
    return ((const uint8_t *)weights)[i];
}

#ifndef REQUANTIZE
#define REQUANTIZE requantize_rounding_twice
#endif

#include "weighted.h"

static const struct operand_types types = {INT8, UINT8, INT32};

#endif
