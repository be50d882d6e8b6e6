/* FULLY_CONNECTED with int2 weights: the row of one output is unpacked at a time. */
#include "int2_weights.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_fully_connected_of(model, op, &types);
    if (status == 0)
        *scratch_bytes = (uint32_t)op_input(model, op, 1)->dims.n;
    return status;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_fully_connected *p = op_params(op);
    const struct image_tensor *filter = op_input(model, op, 1), *output = op_output(model, op);
    const struct image_dims y = output->dims;
    const int32_t *const bias = op_bias(model, op);
    const int32_t *const multipliers = image_words(model, p->multipliers_at);
    const int32_t *const shifts = image_words(model, p->shifts_at);
    const int32_t depth = filter->dims.n;
    int8_t *const tile = op_scratch(model, op);

    for (int32_t oc = 0; oc < y.c; oc++) {
        const int32_t scale = p->per_channel ? oc : 0;
        const int8_t *in = tensor_data(model, op_input(model, op, 0));
        int8_t *out = (int8_t *)tensor_data(model, output) + oc;
        unpack(tensor_data(model, filter), oc * depth, depth, tile);
        for (int32_t n = y.n * y.h * y.w; n > 0; n--, in += depth, out += y.c) {
            int32_t sum = bias ? bias[oc] : 0;
            for (int32_t i = 0; i < depth; i++)
                sum += (in[i] + p->input_offset) * (tile[i] + p->filter_offset);
            sum = requantize_rounding_once(sum, multipliers[scale], shifts[scale]) + p->output_offset;
            *out = clamp_to_int8(sum, p->activation_min, p->activation_max);
        }
    }
    return 0;
}

KERNEL(0x509, "FULLY_CONNECTED int2 weights", prepare, invoke);
