/* CONV_2D of int16. */
#include "int16.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_conv_2d_of(model, op, &types);
    if (status)
        return status;
    const struct image_conv *p = op_params(op);
    return check_wide_shifts(model, p->shifts_at, op_output(model, op)->dims.c);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_conv *p = op_params(op);
    const int32_t offsets[] = {p->input_offset, p->output_offset, 0};
    return convolve(model, op, offsets, 0, (const struct sliding *)&p->stride_w);
}

KERNEL(0x103, "CONV_2D int16", prepare, invoke);
