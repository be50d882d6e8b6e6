/* DEPTHWISE_CONV_2D of int16. */
#include "int16.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_depthwise_conv_2d_of(model, op, &types);
    if (status)
        return status;
    const struct image_depthwise *p = op_params(op);
    return check_wide_shifts(model, p->shifts_at, op_output(model, op)->dims.c);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_depthwise *p = op_params(op);
    const int32_t offsets[] = {p->input_offset, p->output_offset, 0};
    return convolve(model, op, offsets, p->channel_multiplier,
                    (const struct sliding *)&p->stride_w);
}

KERNEL(0x104, "DEPTHWISE_CONV_2D int16", prepare, invoke);
