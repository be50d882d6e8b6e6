/* The image's structs are CMSIS-NN's: kernels point into the image and copy nothing. */
#ifndef HARNESS_CMSIS_NN_LAYOUT_H
#define HARNESS_CMSIS_NN_LAYOUT_H

#include "../reference/checks.h"
#include "arm_nnfunctions.h"

_Static_assert(sizeof(cmsis_nn_dims) == sizeof(struct image_dims), "dims");
_Static_assert(offsetof(cmsis_nn_dims, n) == offsetof(struct image_dims, n), "dims.n");
_Static_assert(offsetof(cmsis_nn_dims, h) == offsetof(struct image_dims, h), "dims.h");
_Static_assert(offsetof(cmsis_nn_dims, w) == offsetof(struct image_dims, w), "dims.w");
_Static_assert(offsetof(cmsis_nn_dims, c) == offsetof(struct image_dims, c), "dims.c");

/* That field `theirs` of CMSIS-NN's `type` lies where field `ours` of the image's `record` does. */
#define SAME_PLACE(type, theirs, record, ours)                                                                     \
    _Static_assert(offsetof(type, theirs) == offsetof(struct record, ours), #type "." #theirs " is not " #ours)

/* That CMSIS-NN's `type` ends where field `next` of the image's `record` starts. */
#define ENDS_BEFORE(type, record, next)                                                                            \
    _Static_assert(sizeof(type) == offsetof(struct record, next), #type " does not end before " #next)

static inline const cmsis_nn_dims *dims_of(const struct image_tensor *t)
{
    return (const cmsis_nn_dims *)&t->dims;
}

static inline cmsis_nn_context scratch_context(const struct model *m, const struct image_operator *op)
{
    return (cmsis_nn_context){op_scratch(m, op), (int32_t)op->scratch_bytes};
}

/* CMSIS-NN never writes through these pointers; its struct has no const. */
static inline cmsis_nn_per_channel_quant_params quantization_at(const struct model *m, uint32_t multipliers_at,
                                                                uint32_t shifts_at)
{
    return (cmsis_nn_per_channel_quant_params){(int32_t *)(uintptr_t)image_words(m, multipliers_at),
                                               (int32_t *)(uintptr_t)image_words(m, shifts_at)};
}

#endif
