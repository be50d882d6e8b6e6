/* DATA_Q7: uint8 pixels p to ssat8((((p - mean) << 7) + half) >> shift), a mean for each channel. */
#include "q7.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const struct q7_data *p = op_params(op);
    *scratch_bytes = 0;
    if (op->input_count != 1 || op->output_count != 1 || op->tensors[0] >= model->tensor_count ||
        op->params_offset + sizeof *p > op->record_bytes)
        return BAD_ARGUMENT;
    const struct image_tensor *x = op_input(model, op, 0), *y = op_output(model, op);
    if (x->dtype != UINT8 || y->dtype != INT8 || x->bytes != y->bytes || x->dims.c != y->dims.c)
        return BAD_ARGUMENT;
    return q7_within(y->dims.c, 1, 3) | q7_within(p->shift, 0, Q7_LARGEST_OUT_SHIFT) |
           q7_within(p->means[0], 0, UINT8_MAX) | q7_within(p->means[1], 0, UINT8_MAX) |
           q7_within(p->means[2], 0, UINT8_MAX);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct q7_data *p = op_params(op);
    const struct image_tensor *output = op_output(model, op);
    const uint8_t *in = tensor_data(model, op_input(model, op, 0));
    int8_t *out = tensor_data(model, output);
    const int8_t *const end = out + output->bytes;
    const int32_t half = q7_half(p->shift);

    while (out < end)
        for (int32_t c = 0; c < output->dims.c; c++)
            *out++ = q7_saturated(((*in++ - p->means[c]) * 128 + half) >> p->shift);
    return 0;
}

KERNEL(0xF0, "DATA_Q7", prepare, invoke);
