/* What CMSIS-NN's sliding windows cannot hold: they keep shapes and positions in 16 bits. */
#ifndef HARNESS_CMSIS_NN_LIMITS_H
#define HARNESS_CMSIS_NN_LIMITS_H

#include "../reference/checks.h"

static inline int fits_16_bits(const struct image_dims *d)
{
    return d->n <= INT16_MAX && d->h <= INT16_MAX && d->w <= INT16_MAX && d->c <= INT16_MAX;
}

/* Strides and paddings follow: a window that starts inside the input starts at 32767 or below. */
static inline int check_16_bits(const struct model *m, const struct image_operator *op)
{
    return fits_16_bits(&op_input(m, op, 0)->dims) && fits_16_bits(&op_input(m, op, 1)->dims) &&
                   fits_16_bits(&op_output(m, op)->dims)
               ? 0
               : NOT_IMPLEMENTED;
}

#endif
