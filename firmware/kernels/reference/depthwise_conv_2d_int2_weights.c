/* DEPTHWISE_CONV_2D with int2 weights: all filters are unpacked, as they lie channel by channel. */
#include "int2_weights.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_depthwise_conv_2d_of(model, op, &types);
    if (status == 0)
        *scratch_bytes = (uint32_t)filter_bytes(&op_input(model, op, 1)->dims);
    return status;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_depthwise *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *filter = op_input(model, op, 1);
    const struct image_tensor *output = op_output(model, op);
    const struct image_dims x = input->dims, f = filter->dims, y = output->dims;
    const int8_t *image = tensor_data(model, input);
    const int32_t *const bias = op_bias(model, op);
    const int32_t *const multipliers = image_words(model, p->multipliers_at);
    const int32_t *const shifts = image_words(model, p->shifts_at);
    const int32_t tap_step = p->dilation_w * x.c, row_step = p->dilation_h * x.w * x.c;
    const int32_t input_offset = p->input_offset;
    int8_t *const tile = op_scratch(model, op);
    int8_t *out = tensor_data(model, output);

    unpack(tensor_data(model, filter), 0, filter_bytes(&f), tile);
    for (int32_t n = 0; n < y.n; n++, image += x.h * x.w * x.c)
        for (int32_t oy = 0; oy < y.h; oy++) {
            const struct taps rows = taps_inside(oy * p->stride_h - p->pad_h, x.h, f.h, p->dilation_h);
            for (int32_t ox = 0; ox < y.w; ox++) {
                const struct taps columns = taps_inside(ox * p->stride_w - p->pad_w, x.w, f.w, p->dilation_w);
                const int8_t *const corner = image + (rows.at * x.w + columns.at) * x.c;
                const int8_t *const plane = tile + (rows.begin * f.w + columns.begin) * f.c;
                for (int32_t oc = 0, ic = 0, m = 0; oc < y.c; oc++) {
                    const int8_t *in_row = corner + ic, *weight_row = plane + oc;
                    int32_t sum = bias ? bias[oc] : 0;
                    for (int32_t ky = rows.begin; ky < rows.end; ky++, in_row += row_step, weight_row += f.w * f.c) {
                        const int8_t *in = in_row, *weight = weight_row;
                        for (int32_t kx = columns.begin; kx < columns.end; kx++, in += tap_step, weight += f.c)
                            sum += (*in + input_offset) * *weight;
                    }
                    sum = requantize_rounding_twice(sum, multipliers[oc], shifts[oc]) + p->output_offset;
                    *out++ = clamp_to_int8(sum, p->activation_min, p->activation_max);
                    if (++m == p->channel_multiplier)
                        m = 0, ic++;
                }
            }
        }
    return 0;
}

KERNEL(0x504, "DEPTHWISE_CONV_2D int2 weights", prepare, invoke);
