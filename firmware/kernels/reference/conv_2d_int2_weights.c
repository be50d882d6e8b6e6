/* CONV_2D with int2 weights: the filters of four output channels are unpacked at a time. */
#include "int2_weights.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_conv_2d_of(model, op, &types);
    if (status == 0)
        *scratch_bytes = (uint32_t)tile_bytes(&op_input(model, op, 1)->dims);
    return status;
}

/* All positions of the output, for the filters of one tile that begins at channel `first`. */
static void convolve(const struct model *model, const struct image_operator *op, const int8_t *tile, int32_t first)
{
    const struct image_conv *const p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *output = op_output(model, op);
    const struct image_dims x = input->dims, f = op_input(model, op, 1)->dims, y = output->dims;
    const int32_t *const bias = op_bias(model, op);
    const int32_t *const multipliers = image_words(model, p->multipliers_at);
    const int32_t *const shifts = image_words(model, p->shifts_at);
    const int32_t tap_step = p->dilation_w * x.c, row_step = p->dilation_h * x.w * x.c, step = filter_bytes(&f);
    const int32_t filters = y.c - first < FILTERS ? y.c - first : FILTERS;
    const int8_t *image = tensor_data(model, input);
    int8_t *out = (int8_t *)tensor_data(model, output) + first;

    for (int32_t n = 0; n < y.n; n++, image += x.h * x.w * x.c)
        for (int32_t oy = 0; oy < y.h; oy++) {
            const struct taps rows = taps_inside(oy * p->stride_h - p->pad_h, x.h, f.h, p->dilation_h);
            for (int32_t ox = 0; ox < y.w; ox++, out += y.c) {
                const struct taps columns = taps_inside(ox * p->stride_w - p->pad_w, x.w, f.w, p->dilation_w);
                const int8_t *in_row = image + (rows.at * x.w + columns.at) * x.c;
                const int8_t *weight_row = tile + (rows.begin * f.w + columns.begin) * f.c;
                int32_t sums[FILTERS] = {0};
                for (int32_t ky = rows.begin; ky < rows.end; ky++, in_row += row_step, weight_row += f.w * f.c) {
                    const int8_t *in = in_row, *weight = weight_row;
                    for (int32_t kx = columns.begin; kx < columns.end; kx++, in += tap_step, weight += f.c)
                        add_products(in, weight, step, x.c, p->input_offset, sums);
                }
                for (int32_t i = 0; i < filters; i++) {
                    const int32_t sum = sums[i] + (bias ? bias[first + i] : 0);
                    const int32_t scaled =
                        requantize_rounding_twice(sum, multipliers[first + i], shifts[first + i]) + p->output_offset;
                    out[i] = clamp_to_int8(scaled, p->activation_min, p->activation_max);
                }
            }
        }
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_tensor *filter = op_input(model, op, 1);
    const int32_t channels = op_output(model, op)->dims.c, count = filter_bytes(&filter->dims);
    int8_t *const tile = op_scratch(model, op);

    for (int32_t first = 0; first < channels; first += FILTERS) {
        unpack_tile(tensor_data(model, filter), first, channels, count, tile);
        convolve(model, op, tile, first);
    }
    return 0;
}

KERNEL(0x503, "CONV_2D int2 weights", prepare, invoke);
