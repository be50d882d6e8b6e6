/* ADD of int16: both inputs at twice the larger scale with bits of headroom, as for int8. */
#include "elementwise_int16.h"
#include "requantize.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_add_int16(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_add *p = op_params(op);
    const int16_t *a = tensor_data(model, op_input(model, op, 0)), *b = tensor_data(model, op_input(model, op, 1));
    const struct image_tensor *output = op_output(model, op);
    int16_t *out = tensor_data(model, output);
    for (int32_t i = elements(&output->dims); i > 0; i--) {
        const int32_t left = shift_left(*a++, p->left_shift), right = shift_left(*b++, p->left_shift);
        const int32_t sum = requantize_rounding_twice(left, p->input1_multiplier, p->input1_shift) +
                            requantize_rounding_twice(right, p->input2_multiplier, p->input2_shift);
        *out++ = clamp_to_int16(requantize_rounding_twice(sum, p->output_multiplier, p->output_shift),
                                p->activation_min, p->activation_max);
    }
    return 0;
}

KERNEL(0x100, "ADD int16", prepare, invoke);
