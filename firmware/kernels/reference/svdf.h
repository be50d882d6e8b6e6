/* The parameters of SVDF, its operands, and what the kernels of all sets ask of them. */
#ifndef HARNESS_SVDF_H
#define HARNESS_SVDF_H

#include "operands.h"

struct svdf_params {
    int32_t input_offset, output_offset, rank;
    int32_t state_multiplier, state_shift;   /* from products with the input to the state */
    int32_t output_multiplier, output_shift; /* from products with the state to the output */
};

/* Input [batches, depth]; weights of features [filters, depth] and of time [filters, memory]; a bias per unit,
 * of which each adds up `rank` filters; state [batches, filters, memory]; output [batches, units]. */
enum { SVDF_INPUT, SVDF_FEATURE, SVDF_TIME, SVDF_BIAS, SVDF_STATE, SVDF_OUTPUT };

struct svdf_sizes {
    int32_t batches, depth, filters, memory, units;
};

static inline struct svdf_sizes svdf_sizes(const struct model *m, const struct image_operator *op)
{
    const struct image_dims *x = &op_tensor(m, op, SVDF_INPUT)->dims, *feature = &op_tensor(m, op, SVDF_FEATURE)->dims;
    const struct svdf_params *p = op_params(op);
    return (struct svdf_sizes){x->n, x->c, feature->n, op_tensor(m, op, SVDF_TIME)->dims.c, feature->n / p->rank};
}

static inline const int32_t *svdf_bias(const struct model *m, const struct image_operator *op)
{
    return op->tensors[SVDF_BIAS] == IMAGE_NO_TENSOR ? NULL : tensor_data(m, op_tensor(m, op, SVDF_BIAS));
}

static inline int check_svdf(const struct model *m, const struct image_operator *op)
{
    static const uint8_t types[] = {INT8, INT8, INT16, INT32, INT16, INT8};
    const struct svdf_params *p = op_params(op);
    if (op->input_count != SVDF_OUTPUT || op->output_count != 1 || op->params_offset + sizeof *p > op->record_bytes)
        return BAD_ARGUMENT;
    for (int i = 0; i <= SVDF_OUTPUT; i++) {
        if (i == SVDF_BIAS && op->tensors[i] == IMAGE_NO_TENSOR)
            continue;
        if (op->tensors[i] >= m->tensor_count || op_tensor(m, op, i)->dtype != types[i])
            return BAD_ARGUMENT;
    }
    if (p->rank < 1 || op_tensor(m, op, SVDF_STATE)->place != IMAGE_IN_STATE)
        return BAD_ARGUMENT;
    const struct svdf_sizes s = svdf_sizes(m, op);
    const int32_t *const bias = svdf_bias(m, op);
    if (s.units * p->rank != s.filters || elements(&op_tensor(m, op, SVDF_INPUT)->dims) != s.batches * s.depth ||
        elements(&op_tensor(m, op, SVDF_FEATURE)->dims) != s.filters * s.depth ||
        elements(&op_tensor(m, op, SVDF_TIME)->dims) != s.filters * s.memory ||
        elements(&op_tensor(m, op, SVDF_STATE)->dims) != s.batches * s.filters * s.memory ||
        elements(&op_tensor(m, op, SVDF_OUTPUT)->dims) != s.batches * s.units ||
        (bias && elements(&op_tensor(m, op, SVDF_BIAS)->dims) != s.units))
        return BAD_ARGUMENT;
    return check_input_offset(p->input_offset) | check_output_offset(p->output_offset) |
           check_scale(p->state_multiplier, p->state_shift, 30) | check_scale(p->output_multiplier, p->output_shift, 30);
}

#endif
