/* Two operands of one output: each has its size along an axis, or is repeated along it.
 *
 * The elements are taken in runs, along which neither operand changes between moving on and standing
 * still; operands of one shape are one run. */
#ifndef HARNESS_BROADCAST_H
#define HARNESS_BROADCAST_H

#include "operands.h"

/* `step1` and `step2`, 1 or 0, are what the operands move by along a run of `length`. */
struct run {
    const int8_t *in1, *in2;
    int8_t *out;
    int32_t length, step1, step2;
};

typedef int run_function(const void *params, const struct run *run);

static inline int spans(int32_t a, int32_t b, int32_t y)
{
    return (a == y || a == 1) && (b == y || b == 1) && (a == y || b == y);
}

/* The first two inputs broadcast to the output. */
static inline int check_broadcast(const struct model *m, const struct image_operator *op)
{
    const struct image_dims *a = &op_input(m, op, 0)->dims, *b = &op_input(m, op, 1)->dims;
    const struct image_dims *y = &op_output(m, op)->dims;
    return spans(a->n, b->n, y->n) && spans(a->h, b->h, y->h) && spans(a->w, b->w, y->w) && spans(a->c, b->c, y->c)
               ? 0
               : BAD_ARGUMENT;
}

/* Call `each` for all runs; returns the first status that is not 0. */
static inline int for_each_run(const struct model *m, const struct image_operator *op, run_function *each)
{
    const struct image_tensor *input1 = op_input(m, op, 0), *input2 = op_input(m, op, 1), *output = op_output(m, op);
    const int8_t *const in1 = tensor_data(m, input1), *const in2 = tensor_data(m, input2);
    const int32_t sizes1[] = {input1->dims.c, input1->dims.w, input1->dims.h, input1->dims.n};
    const int32_t sizes2[] = {input2->dims.c, input2->dims.w, input2->dims.h, input2->dims.n};
    const int32_t sizes[] = {output->dims.c, output->dims.w, output->dims.h, output->dims.n};
    struct run run = {.out = tensor_data(m, output), .length = 1, .step1 = 1, .step2 = 1};
    int32_t counts[4] = {1, 1, 1, 1}, far1[4] = {0}, far2[4] = {0}; /* of the axes outside a run */
    int32_t size1 = 1, size2 = 1;
    int outer = 0;

    for (int axis = 0; axis < 4; axis++) {
        if (sizes[axis] == 1)
            continue;
        const int32_t moves1 = sizes1[axis] != 1, moves2 = sizes2[axis] != 1;
        if (run.length == 1) {
            run.step1 = moves1;
            run.step2 = moves2;
        }
        if (outer == 0 && moves1 == run.step1 && moves2 == run.step2) {
            run.length *= sizes[axis];
        } else {
            counts[outer] = sizes[axis];
            far1[outer] = moves1 ? size1 : 0;
            far2[outer] = moves2 ? size2 : 0;
            outer++;
        }
        size1 *= sizes1[axis];
        size2 *= sizes2[axis];
    }
    for (int32_t i = 0; i < counts[2]; i++)
        for (int32_t j = 0; j < counts[1]; j++)
            for (int32_t k = 0; k < counts[0]; k++, run.out += run.length) {
                run.in1 = in1 + i * far1[2] + j * far1[1] + k * far1[0];
                run.in2 = in2 + i * far2[2] + j * far2[1] + k * far2[0];
                const int status = each(op_params(op), &run);
                if (status)
                    return status;
            }
    return 0;
}

#endif
