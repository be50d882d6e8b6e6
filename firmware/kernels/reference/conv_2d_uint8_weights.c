/* CONV_2D with uint8 weights. */
#include "uint8_weights.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const struct image_conv_uint8_weights *p = op_params(op);
    if (op->params_offset + sizeof *p > op->record_bytes || p->filter_offset > 0 || p->filter_offset < -UINT8_MAX)
        return BAD_ARGUMENT;
    return check_conv_2d_of(model, op, &types);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_conv_uint8_weights *p = op_params(op);
    const int32_t offsets[] = {p->conv.input_offset, p->conv.output_offset, p->filter_offset};
    return convolve(model, op, offsets, 0, (const struct sliding *)&p->conv.stride_w);
}

KERNEL(0x203, "CONV_2D uint8 weights", prepare, invoke);
