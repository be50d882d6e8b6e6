/* SOFTMAX through arm_softmax_s8. */
#include "layout.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_softmax(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_softmax *p = op_params(op);
    arm_softmax_s8(tensor_data(model, op_input(model, op, 0)), p->rows, p->row_size, p->multiplier, p->shift,
                   p->diff_min, tensor_data(model, op_output(model, op)));
    return 0;
}

KERNEL(25, "SOFTMAX", prepare, invoke);
