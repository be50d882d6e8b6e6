/* The parameters of MUL, and what the kernels of all sets ask of them. */
#ifndef HARNESS_MUL_H
#define HARNESS_MUL_H

#include "broadcast.h"

struct mul_params {
    int32_t input1_offset, input2_offset, output_offset;
    int32_t multiplier, shift;
    int32_t activation_min, activation_max;
};

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (check_int8_operands(model, op, sizeof(struct mul_params), 2))
        return BAD_ARGUMENT;
    const struct mul_params *p = op_params(op);
    return check_broadcast(model, op) | check_input_offset(p->input1_offset) | check_input_offset(p->input2_offset) |
           check_output_offset(p->output_offset) | check_scale(p->multiplier, p->shift, 30) |
           check_bounds(p->activation_min, p->activation_max);
}

#endif
