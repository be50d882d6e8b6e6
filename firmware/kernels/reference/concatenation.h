/* The parameters of CONCATENATION, and what the kernels of all sets ask of them. */
#ifndef HARNESS_CONCATENATION_H
#define HARNESS_CONCATENATION_H

#include "operands.h"

/* A row is what lies below the axis. */
struct concatenation_params {
    int32_t rows;
};

static inline int check_concatenation(const struct model *model, const struct image_operator *op)
{
    if (check_int8_operands(model, op, sizeof(struct concatenation_params), op->input_count) || op->input_count < 1)
        return BAD_ARGUMENT;
    const struct concatenation_params *p = op_params(op);
    if (p->rows < 1)
        return BAD_ARGUMENT;
    uint64_t bytes = 0;
    for (int i = 0; i < op->input_count; i++) {
        if (op_input(model, op, i)->bytes % (uint32_t)p->rows != 0)
            return BAD_ARGUMENT;
        bytes += op_input(model, op, i)->bytes;
    }
    return bytes == op_output(model, op)->bytes ? 0 : BAD_ARGUMENT;
}

#endif
