/* FULLY_CONNECTED: the one operator whose requantisation rounds once.
 *
 * LiteRT 2.3 scales its accumulator in double precision and rounds the product, ties away from zero.
 * A Q31 multiplier gives the same number unless the product lies within 2^-31 of itself of a tie. */
#include "checks.h"
#include "requantize.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_fully_connected(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_fully_connected *p = op_params(op);
    const struct image_tensor *filter = op_input(model, op, 1), *output = op_output(model, op);
    const struct image_dims y = output->dims;
    const int8_t *in = tensor_data(model, op_input(model, op, 0));
    const int8_t *const weights = tensor_data(model, filter);
    const int32_t *const bias = op_bias(model, op);
    const int32_t *const multipliers = image_words(model, p->multipliers_at);
    const int32_t *const shifts = image_words(model, p->shifts_at);
    int8_t *out = tensor_data(model, output);

    const int32_t depth = filter->dims.n, batches = y.n * y.h * y.w;
    const int32_t input_offset = p->input_offset, filter_offset = p->filter_offset;

    for (int32_t n = 0; n < batches; n++, in += depth) {
        const int8_t *weight = weights;
        for (int32_t oc = 0; oc < y.c; oc++, weight += depth) {
            const int32_t scale = p->per_channel ? oc : 0;
            int32_t sum = bias ? bias[oc] : 0;
            for (int32_t i = 0; i < depth; i++)
                sum += (in[i] + input_offset) * (weight[i] + filter_offset);
            sum = requantize_rounding_once(sum, multipliers[scale], shifts[scale]) + p->output_offset;
            *out++ = clamp_to_int8(sum, p->activation_min, p->activation_max);
        }
    }
    return 0;
}

KERNEL(9, "FULLY_CONNECTED", prepare, invoke);
