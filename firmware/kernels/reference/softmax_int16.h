/* The parameters of SOFTMAX of int16: tables at image offsets, and what all sets ask of them. */
#ifndef HARNESS_SOFTMAX_INT16_H
#define HARNESS_SOFTMAX_INT16_H

#include "checks.h"

/* `exp_at` tells exp(x) for x in [-10, 0], `reciprocal_at` 1 / (1 + x) for x in [0, 1]: 513 values of Q0.15
 * each, at equal steps of int16's range. */
struct softmax_int16_params {
    int32_t multiplier, shift, rows, row_size;
    uint32_t exp_at, reciprocal_at;
};

enum { TABLE_BYTES = 1028 };

static inline const int16_t *softmax_table(const struct model *m, uint32_t at)
{
    return (const int16_t *)(const void *)(m->image + at);
}

static inline int is_table(const struct model *m, uint32_t at)
{
    return at % 4 == 0 && at <= m->image_bytes && TABLE_BYTES <= m->image_bytes - at;
}

static inline int check_softmax_int16(const struct model *m, const struct image_operator *op)
{
    const struct softmax_int16_params *p = op_params(op);
    if (op->input_count != 1 || op->output_count != 1 || op->params_offset + sizeof *p > op->record_bytes)
        return BAD_ARGUMENT;
    for (int i = 0; i < 2; i++)
        if (op->tensors[i] >= m->tensor_count || op_tensor(m, op, i)->dtype != INT16)
            return BAD_ARGUMENT;
    const int32_t count = elements(&op_output(m, op)->dims);
    if (elements(&op_input(m, op, 0)->dims) != count || p->rows < 1 || (int64_t)p->rows * p->row_size != count)
        return BAD_ARGUMENT;
    if (p->row_size > 32767)
        return NOT_IMPLEMENTED; /* the sum of exponentials, each below 1, has 15 integer bits */
    return p->multiplier >= 0 && p->shift >= -31 && p->shift <= 14 && is_table(m, p->exp_at) &&
                   is_table(m, p->reciprocal_at)
               ? 0
               : BAD_ARGUMENT;
}

#endif
