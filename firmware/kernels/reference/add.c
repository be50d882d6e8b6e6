/* ADD: both inputs brought to a common scale with `left_shift` bits of headroom, added, requantised. */
#include "checks.h"
#include "requantize.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_add(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_add *p = op_params(op);
    const int8_t *const in1 = tensor_data(model, op_input(model, op, 0));
    const int8_t *const in2 = tensor_data(model, op_input(model, op, 1));
    int8_t *const out = tensor_data(model, op_output(model, op));
    const int32_t count = elements(&op_output(model, op)->dims);

    for (int32_t i = 0; i < count; i++) {
        const int32_t x1 = shift_left(in1[i] + p->input1_offset, p->left_shift);
        const int32_t x2 = shift_left(in2[i] + p->input2_offset, p->left_shift);
        const int32_t sum = requantize_rounding_twice(x1, p->input1_multiplier, p->input1_shift) +
                            requantize_rounding_twice(x2, p->input2_multiplier, p->input2_shift);
        const int32_t y = requantize_rounding_twice(sum, p->output_multiplier, p->output_shift);
        out[i] = clamp_to_int8(y + p->output_offset, p->activation_min, p->activation_max);
    }
    return 0;
}

KERNEL(0, "ADD", prepare, invoke);
