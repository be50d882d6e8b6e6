/* CONV_2D with int4 weights. */
#include "requantize.h"
#define REQUANTIZE requantize_rounding_twice
#include "int4_weights.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_conv_2d_of(model, op, &types);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_conv *p = op_params(op);
    const int32_t offsets[] = {p->input_offset, p->output_offset, 0};
    return convolve(model, op, offsets, 0, (const struct sliding *)&p->stride_w);
}

KERNEL(0x303, "CONV_2D int4 weights", prepare, invoke);
