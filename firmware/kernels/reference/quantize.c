/* QUANTIZE between int8 and int16 of any scales: one requantisation, rounding twice. */
#include "checks.h"
#include "requantize.h"

static int is_integer(uint8_t dtype)
{
    return dtype == INT8 || dtype == INT16;
}

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const struct image_quantize *p = op_params(op);
    *scratch_bytes = 0;
    if (op->input_count != 1 || op->output_count != 1 || op->tensors[0] >= model->tensor_count ||
        op->params_offset + sizeof *p > op->record_bytes)
        return BAD_ARGUMENT;
    const struct image_tensor *x = op_input(model, op, 0), *y = op_output(model, op);
    if (!is_integer(x->dtype) || !is_integer(y->dtype) || elements(&x->dims) != elements(&y->dims))
        return BAD_ARGUMENT;
    /* The input less its zero point, shifted, stays inside 32 bits. */
    return p->multiplier >= 0 && p->shift >= -31 && p->shift <= (x->dtype == INT8 ? 22 : 14) &&
                   p->input_offset >= -INT8_MAX && p->input_offset <= -INT8_MIN && p->output_offset >= INT8_MIN &&
                   p->output_offset <= INT8_MAX
               ? 0
               : BAD_ARGUMENT;
}

static int32_t clamp(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_quantize *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *output = op_output(model, op);
    const void *const in = tensor_data(model, input);
    void *const out = tensor_data(model, output);
    const int32_t count = elements(&output->dims);
    for (int32_t i = 0; i < count; i++) {
        const int32_t x = input->dtype == INT8 ? ((const int8_t *)in)[i] : ((const int16_t *)in)[i];
        const int32_t y =
            requantize_rounding_twice(x + p->input_offset, p->multiplier, p->shift) + p->output_offset;
        if (output->dtype == INT8)
            ((int8_t *)out)[i] = (int8_t)clamp(y, INT8_MIN, INT8_MAX);
        else
            ((int16_t *)out)[i] = (int16_t)clamp(y, INT16_MIN, INT16_MAX);
    }
    return 0;
}

KERNEL(114, "QUANTIZE", prepare, invoke);
