/* FULLY_CONNECTED_Q7: one shift for all outputs; weights in plain order, [out][in]. */
#include "q7.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const struct q7_fully_connected *p = op_params(op);
    *scratch_bytes = 0;
    if (q7_check_weighted(model, op, sizeof *p, p->bias_shift, p->out_shift))
        return BAD_ARGUMENT;
    const struct image_tensor *x = op_input(model, op, 0), *f = op_input(model, op, 1), *y = op_output(model, op);
    return x->bytes <= Q7_LARGEST_DEPTH && y->bytes == (uint32_t)y->dims.c && f->bytes == x->bytes * y->bytes
               ? 0
               : BAD_ARGUMENT;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct q7_fully_connected *p = op_params(op);
    const int8_t *const in = tensor_data(model, op_input(model, op, 0));
    const int8_t *weights = tensor_data(model, op_input(model, op, 1));
    const int8_t *const biases = tensor_data(model, op_input(model, op, 2));
    const int32_t depth = (int32_t)op_input(model, op, 0)->bytes, outputs = op_output(model, op)->dims.c;
    int8_t *const out = tensor_data(model, op_output(model, op));

    for (int32_t oc = 0; oc < outputs; oc++, weights += depth) {
        int32_t sum = 0;
        for (int32_t i = 0; i < depth; i++)
            sum += in[i] * weights[i];
        out[oc] = q7_requantized(sum, biases[oc], p->bias_shift, p->out_shift);
    }
    return 0;
}

KERNEL(0xF5, "FULLY_CONNECTED_Q7", prepare, invoke);
