/* MINIMUM and MAXIMUM, of codes: all three tensors are quantised alike. */
#ifndef HARNESS_EXTREMUM_H
#define HARNESS_EXTREMUM_H

#include "broadcast.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_int8_operands(model, op, 0, 2) ? BAD_ARGUMENT : check_broadcast(model, op);
}

#endif
