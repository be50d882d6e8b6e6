/* The checks of `operands.h`: load-time only, so written for size. */
#include "operands.h"

#define COLD __attribute__((cold, noinline)) /* for size, whatever the build's optimisation */

static COLD int in_range(int32_t x, int32_t low, int32_t high)
{
    return x >= low && x <= high ? 0 : BAD_ARGUMENT;
}

COLD int check_int8_operands(const struct model *m, const struct image_operator *op, size_t params_bytes, int inputs)
{
    if (op->input_count != inputs || op->output_count != 1 || op->params_offset + params_bytes > op->record_bytes)
        return BAD_ARGUMENT;
    for (int i = 0; i <= inputs; i++)
        if (op->tensors[i] >= m->tensor_count || op_tensor(m, op, i)->dtype != INT8)
            return BAD_ARGUMENT;
    return 0;
}

COLD int check_int8_operands_with_bias(const struct model *m, const struct image_operator *op, size_t params_bytes)
{
    if (op->input_count != 3 || op->output_count != 1 || op->params_offset + params_bytes > op->record_bytes)
        return BAD_ARGUMENT;
    for (int i = 0; i <= 3; i++) {
        if (i == 2 && op->tensors[i] == IMAGE_NO_TENSOR)
            continue;
        if (op->tensors[i] >= m->tensor_count || op_tensor(m, op, i)->dtype != (i == 2 ? INT32 : INT8))
            return BAD_ARGUMENT;
    }
    return op_bias(m, op) && elements(&op_tensor(m, op, 2)->dims) != op_output(m, op)->dims.c ? BAD_ARGUMENT : 0;
}

COLD int check_input_offset(int32_t offset)
{
    return in_range(offset, -INT8_MAX, -INT8_MIN);
}

COLD int check_output_offset(int32_t offset)
{
    return in_range(offset, INT8_MIN, INT8_MAX);
}

COLD int check_scale(int32_t multiplier, int32_t shift, int32_t shift_max)
{
    return in_range(multiplier, 0, INT32_MAX) | in_range(shift, -31, shift_max);
}

COLD int check_bounds(int32_t activation_min, int32_t activation_max)
{
    return in_range(activation_min, INT8_MIN, activation_max) | in_range(activation_max, INT8_MIN, INT8_MAX);
}

COLD int check_image_words(const struct model *m, uint32_t at, int32_t count)
{
    return count < 0 || at % 4 || at + 4u * (uint64_t)count > m->image_bytes ? BAD_ARGUMENT : 0;
}
