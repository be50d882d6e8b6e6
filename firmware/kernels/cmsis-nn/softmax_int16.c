/* SOFTMAX of int16 through arm_softmax_s16. */
#include "../reference/softmax_int16.h"
#include "layout.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_softmax_int16(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct softmax_int16_params *p = op_params(op);
    const cmsis_nn_softmax_lut_s16 tables = {softmax_table(model, p->exp_at), softmax_table(model, p->reciprocal_at)};
    int16_t *const out = tensor_data(model, op_output(model, op));
    const int status = arm_softmax_s16(tensor_data(model, op_input(model, op, 0)), p->rows, p->row_size,
                                       p->multiplier, p->shift, &tables, out);
    /* Where one input has it all, CMSIS-NN's 1.0 leaves the 16 bits of its output. */
    for (int32_t i = 0; i < p->rows * p->row_size; i++)
        out[i] = out[i] < 0 ? INT16_MAX : out[i];
    return status;
}

KERNEL(0x119, "SOFTMAX int16", prepare, invoke);
