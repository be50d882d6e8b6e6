/* The parameters of ADD and MUL of int16, which have no zero points, and what all sets ask of them. */
#ifndef HARNESS_ELEMENTWISE_INT16_H
#define HARNESS_ELEMENTWISE_INT16_H

#include "checks.h"

struct mul_int16_params {
    int32_t multiplier, shift, activation_min, activation_max;
};

static inline int is_scale(int32_t multiplier, int32_t shift, int32_t shift_max)
{
    return multiplier >= 0 && shift >= -31 && shift <= shift_max;
}

static inline int check_elementwise_int16(const struct model *m, const struct image_operator *op, size_t params_bytes,
                                          const int32_t *activation)
{
    if (op->input_count != 2 || op->output_count != 1 || op->params_offset + params_bytes > op->record_bytes)
        return BAD_ARGUMENT;
    for (int i = 0; i < 3; i++)
        if (op->tensors[i] >= m->tensor_count || op_tensor(m, op, i)->dtype != INT16)
            return BAD_ARGUMENT;
    const int32_t count = elements(&op_output(m, op)->dims);
    if (elements(&op_input(m, op, 0)->dims) != count || elements(&op_input(m, op, 1)->dims) != count)
        return NOT_IMPLEMENTED; /* broadcast */
    return activation[0] >= INT16_MIN && activation[0] <= activation[1] && activation[1] <= INT16_MAX ? 0
                                                                                                      : BAD_ARGUMENT;
}

static inline int check_add_int16(const struct model *m, const struct image_operator *op)
{
    const struct image_add *p = op_params(op);
    const int status = check_elementwise_int16(m, op, sizeof *p, &p->activation_min);
    if (status)
        return status;
    /* Inputs have 16 bits; their scaled sum stays inside int32_t. */
    return p->left_shift >= 0 && p->left_shift <= 15 && p->input1_offset == 0 && p->input2_offset == 0 &&
                   p->output_offset == 0 && is_scale(p->input1_multiplier, p->input1_shift, 0) &&
                   is_scale(p->input2_multiplier, p->input2_shift, 0) &&
                   is_scale(p->output_multiplier, p->output_shift, 0)
               ? 0
               : BAD_ARGUMENT;
}

static inline int check_mul_int16(const struct model *m, const struct image_operator *op)
{
    const struct mul_int16_params *p = op_params(op);
    const int status = check_elementwise_int16(m, op, sizeof *p, &p->activation_min);
    if (status)
        return status;
    return is_scale(p->multiplier, p->shift, 0) ? 0 : BAD_ARGUMENT; /* the product has 31 bits already */
}

static inline int16_t clamp_to_int16(int32_t x, int32_t low, int32_t high)
{
    return (int16_t)(x < low ? low : x > high ? high : x);
}

#endif
