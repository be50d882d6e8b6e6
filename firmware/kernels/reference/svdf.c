/* SVDF: each filter remembers the products of its features with the last inputs, and weighs them over time. */
#include <string.h>

#include "requantize.h"
#include "svdf.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_svdf(model, op);
}

static int32_t clamp_to_int16(int32_t x)
{
    return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x;
}

/* The latest element of a filter's memory. */
static int16_t feature_of(const struct svdf_params *p, const int8_t *in, const int8_t *weights, int32_t depth)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < depth; i++)
        sum += (in[i] + p->input_offset) * weights[i];
    return (int16_t)clamp_to_int16(requantize_rounding_twice(sum, p->state_multiplier, p->state_shift));
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct svdf_params *p = op_params(op);
    const struct svdf_sizes s = svdf_sizes(model, op);
    const int8_t *in = tensor_data(model, op_tensor(model, op, SVDF_INPUT));
    const int8_t *const feature = tensor_data(model, op_tensor(model, op, SVDF_FEATURE));
    const int16_t *const time = tensor_data(model, op_tensor(model, op, SVDF_TIME));
    const int32_t *const bias = svdf_bias(model, op);
    int16_t *memory = tensor_data(model, op_tensor(model, op, SVDF_STATE));
    int8_t *out = tensor_data(model, op_tensor(model, op, SVDF_OUTPUT));

    for (int32_t n = 0; n < s.batches; n++, in += s.depth)
        for (int32_t unit = 0; unit < s.units; unit++) {
            int32_t sum = bias ? bias[unit] : 0;
            for (int32_t filter = unit * p->rank; filter < (unit + 1) * p->rank; filter++, memory += s.memory) {
                memmove(memory, memory + 1, (size_t)(s.memory - 1) * sizeof *memory);
                memory[s.memory - 1] = feature_of(p, in, feature + filter * s.depth, s.depth);
                for (int32_t i = 0; i < s.memory; i++)
                    sum += memory[i] * time[filter * s.memory + i];
            }
            sum = requantize_rounding_twice(sum, p->output_multiplier, p->output_shift) + p->output_offset;
            *out++ = clamp_to_int8(sum, INT8_MIN, INT8_MAX);
        }
    return 0;
}

KERNEL(27, "SVDF", prepare, invoke);
