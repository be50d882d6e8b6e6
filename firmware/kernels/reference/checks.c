/* The checks of `checks.h`: load-time only, so written for size. */
#include <string.h>

#include "broadcast.h"
#include "checks.h"

#define COLD __attribute__((cold, noinline)) /* for size, whatever the build's optimisation */

/* Windows and strides beyond this would overflow the kernels' 32-bit positions. */
#define LONGEST_AXIS (1 << 24)

/* One axis of a sliding window. */
struct window {
    int32_t input, filter, output, stride, pad, dilation;
};

const struct operand_types int8_throughout = {INT8, INT8, INT32};

static COLD int in_range(int32_t x, int32_t low, int32_t high)
{
    return x >= low && x <= high ? 0 : BAD_ARGUMENT;
}

/* The record holds `params_bytes` of parameters, `inputs` to `inputs_max` inputs and one output; all are
 * of these types and given, except for input 2, a bias that may be absent. */
static COLD int check_typed_operator(const struct model *m, const struct image_operator *op, size_t params_bytes,
                                     int inputs, int inputs_max, const struct operand_types *types)
{
    if (op->input_count < inputs || op->input_count > inputs_max || op->output_count != 1 ||
        op->params_offset + params_bytes > op->record_bytes)
        return BAD_ARGUMENT;
    for (int i = 0; i <= op->input_count; i++) {
        const int is_bias = i == 2 && op->input_count == 3;
        if (is_bias && op->tensors[i] == IMAGE_NO_TENSOR)
            continue;
        const int is_weights = i == 1 && op->input_count > 1;
        if (op->tensors[i] >= m->tensor_count ||
            op_tensor(m, op, i)->dtype != (is_bias ? types->bias : is_weights ? types->weights : types->activations))
            return BAD_ARGUMENT;
    }
    return 0;
}

static COLD int check_operator(const struct model *m, const struct image_operator *op, size_t params_bytes, int inputs,
                               int inputs_max)
{
    return check_typed_operator(m, op, params_bytes, inputs, inputs_max, &int8_throughout);
}

/* Each window touches the input, and the windows reach just as far as input and padding. */
static COLD int check_window(const struct window *w)
{
    if (w->input < 1 || w->filter < 1 || w->output < 1 || w->stride < 1 || w->dilation < 1 || w->pad < 0)
        return BAD_ARGUMENT;
    const int64_t reach = (int64_t)(w->filter - 1) * w->dilation + 1;
    const int64_t pad_after = (int64_t)(w->output - 1) * w->stride + reach - w->input - w->pad;
    if (w->input > LONGEST_AXIS || reach > LONGEST_AXIS || w->dilation > LONGEST_AXIS)
        return NOT_IMPLEMENTED;
    return w->pad < reach && pad_after < reach && pad_after > -(int64_t)w->stride ? 0 : BAD_ARGUMENT;
}

static COLD int check_multiplier(int32_t multiplier, int32_t shift)
{
    return in_range(multiplier, 0, INT32_MAX) | in_range(shift, -31, 30);
}

/* `count` words at an image offset lie inside the image. */
static COLD int check_words(const struct model *m, uint32_t at, int32_t count)
{
    return at % 4 || at + 4u * (uint64_t)count > m->image_bytes ? BAD_ARGUMENT : 0;
}

/* `channels` multipliers and shifts lie inside the image and are in range. */
static COLD int check_requantization(const struct model *m, uint32_t multipliers_at, uint32_t shifts_at, int32_t channels)
{
    if (check_words(m, multipliers_at, channels) || check_words(m, shifts_at, channels))
        return BAD_ARGUMENT;
    const int32_t *multipliers = image_words(m, multipliers_at), *shifts = image_words(m, shifts_at);
    for (int32_t i = 0; i < channels; i++)
        if (check_multiplier(multipliers[i], shifts[i]))
            return BAD_ARGUMENT;
    return 0;
}

static COLD int check_typed_activation(int32_t low, int32_t high, const struct operand_types *types)
{
    const int32_t least = types->activations == INT16 ? INT16_MIN : INT8_MIN;
    return in_range(low, least, high) | in_range(high, least, -(least + 1));
}

static COLD int check_activation(int32_t low, int32_t high)
{
    return check_typed_activation(low, high, &int8_throughout);
}

/* Offsets are zero points of int8, those of inputs negated. */
static COLD int check_offsets(int32_t input, int32_t output)
{
    return in_range(input, -INT8_MAX, -INT8_MIN) | in_range(output, INT8_MIN, INT8_MAX);
}

/* Zero points of int16 are 0; zero points of weights that are uint8 are negated as they are. */
static COLD int check_typed_offsets(int32_t input, int32_t output, const struct operand_types *types)
{
    if (types->activations == INT16)
        return input == 0 && output == 0 ? 0 : BAD_ARGUMENT;
    return check_offsets(input, output);
}

static COLD int check_bias(const struct model *m, const struct image_operator *op, int32_t channels)
{
    return op_bias(m, op) && elements(&op_tensor(m, op, 2)->dims) != channels ? BAD_ARGUMENT : 0;
}

static COLD int check_sliding(const struct model *m, const struct image_operator *op, size_t params_bytes,
                              const struct operand_types *types)
{
    struct sliding p;
    const int32_t *const words = op_params(op);
    memcpy(&p, (const uint8_t *)words + params_bytes - sizeof p, sizeof p);
    const struct image_dims *x = &op_input(m, op, 0)->dims, *f = &op_input(m, op, 1)->dims;
    const struct image_dims *y = &op_output(m, op)->dims;
    const struct window columns = {x->w, f->w, y->w, p.stride_w, p.pad_w, p.dilation_w};
    const struct window rows = {x->h, f->h, y->h, p.stride_h, p.pad_h, p.dilation_h};
    if (x->n != y->n || (int64_t)p.dilation_h * x->w * x->c > INT32_MAX)
        return BAD_ARGUMENT;
    return check_window(&columns) | check_window(&rows) | check_bias(m, op, y->c) |
           check_typed_offsets(words[0], words[1], types) |
           check_typed_activation(p.activation_min, p.activation_max, types) |
           check_requantization(m, p.multipliers_at, p.shifts_at, y->c);
}

COLD int check_conv_2d_of(const struct model *m, const struct image_operator *op, const struct operand_types *types)
{
    if (check_typed_operator(m, op, sizeof(struct image_conv), 2, 3, types))
        return BAD_ARGUMENT;
    const struct image_dims *x = &op_input(m, op, 0)->dims, *f = &op_input(m, op, 1)->dims;
    if (f->n != op_output(m, op)->dims.c)
        return BAD_ARGUMENT;
    if (f->c != x->c)
        return NOT_IMPLEMENTED; /* grouped */
    return check_sliding(m, op, sizeof(struct image_conv), types);
}

COLD int check_depthwise_conv_2d_of(const struct model *m, const struct image_operator *op,
                                    const struct operand_types *types)
{
    if (check_typed_operator(m, op, sizeof(struct image_depthwise), 2, 3, types))
        return BAD_ARGUMENT;
    const struct image_depthwise *p = op_params(op);
    const struct image_dims *x = &op_input(m, op, 0)->dims, *f = &op_input(m, op, 1)->dims;
    const int32_t channels = op_output(m, op)->dims.c;
    if (f->n != 1 || f->c != channels || (int64_t)x->c * p->channel_multiplier != channels)
        return BAD_ARGUMENT;
    return check_sliding(m, op, sizeof(struct image_depthwise), types);
}

COLD int check_fully_connected_of(const struct model *m, const struct image_operator *op,
                                  const struct operand_types *types)
{
    if (check_typed_operator(m, op, sizeof(struct image_fully_connected), 2, 3, types))
        return BAD_ARGUMENT;
    const struct image_fully_connected *p = op_params(op);
    const struct image_dims *f = &op_input(m, op, 1)->dims, *y = &op_output(m, op)->dims;
    const int64_t batches = (int64_t)y->n * y->h * y->w;
    if (f->h != 1 || f->w != 1 || f->c != y->c || batches * f->n != elements(&op_input(m, op, 0)->dims))
        return BAD_ARGUMENT;
    return check_bias(m, op, y->c) | in_range(p->per_channel, 0, 1) |
           check_typed_offsets(p->input_offset, p->output_offset, types) |
           in_range(p->filter_offset, types->weights == UINT8 ? -UINT8_MAX : -INT8_MAX, -INT8_MIN) |
           check_typed_activation(p->activation_min, p->activation_max, types) |
           (types->weights == INT8 ? check_words(m, p->sums_at, y->c) : 0) |
           check_requantization(m, p->multipliers_at, p->shifts_at, p->per_channel ? y->c : 1);
}

COLD int check_pool_2d_of(const struct model *m, const struct image_operator *op, const struct operand_types *types)
{
    if (check_typed_operator(m, op, sizeof(struct image_pool), 1, 1, types))
        return BAD_ARGUMENT;
    const struct image_pool *p = op_params(op);
    const struct image_dims *x = &op_input(m, op, 0)->dims, *y = &op_output(m, op)->dims;
    const struct window columns = {x->w, p->filter_w, y->w, p->stride_w, p->pad_w, 1};
    const struct window rows = {x->h, p->filter_h, y->h, p->stride_h, p->pad_h, 1};
    if (x->n != y->n || x->c != y->c)
        return BAD_ARGUMENT;
    return check_window(&columns) | check_window(&rows) |
           check_typed_activation(p->activation_min, p->activation_max, types);
}

COLD int check_add(const struct model *m, const struct image_operator *op)
{
    if (check_operator(m, op, sizeof(struct image_add), 2, 2))
        return BAD_ARGUMENT;
    const struct image_add *p = op_params(op);
    if (check_broadcast(m, op))
        return BAD_ARGUMENT;
    /* Offset inputs have 9 bits; their scaled sum must stay inside int32_t. */
    return in_range(p->left_shift, 0, 22) | in_range(p->input1_shift, -31, 0) | in_range(p->input2_shift, -31, 0) |
           check_multiplier(p->input1_multiplier, p->input1_shift) |
           check_multiplier(p->input2_multiplier, p->input2_shift) |
           check_multiplier(p->output_multiplier, p->output_shift) | check_offsets(p->input1_offset, p->output_offset) |
           check_offsets(p->input2_offset, 0) |
           check_activation(p->activation_min, p->activation_max);
}

COLD int check_softmax(const struct model *m, const struct image_operator *op)
{
    if (check_operator(m, op, sizeof(struct image_softmax), 1, 1))
        return BAD_ARGUMENT;
    const struct image_softmax *p = op_params(op);
    const int32_t count = elements(&op_output(m, op)->dims);
    if (elements(&op_input(m, op, 0)->dims) != count || p->rows < 1 || (int64_t)p->rows * p->row_size != count)
        return BAD_ARGUMENT;
    if (p->row_size > 4095)
        return NOT_IMPLEMENTED; /* the sum of exponentials has 12 integer bits */
    return in_range(p->multiplier, 0, INT32_MAX) | in_range(p->shift, 0, 31) | in_range(p->diff_min, INT32_MIN, 0);
}

COLD int check_reshape(const struct model *m, const struct image_operator *op)
{
    static const struct operand_types int16_throughout = {INT16, INT16, INT16};
    if (check_operator(m, op, 0, 1, 1) && check_typed_operator(m, op, 0, 1, 1, &int16_throughout))
        return BAD_ARGUMENT;
    return op_input(m, op, 0)->bytes == op_output(m, op)->bytes ? 0 : BAD_ARGUMENT;
}

COLD int check_conv_2d(const struct model *m, const struct image_operator *op)
{
    return check_conv_2d_of(m, op, &int8_throughout);
}

COLD int check_depthwise_conv_2d(const struct model *m, const struct image_operator *op)
{
    return check_depthwise_conv_2d_of(m, op, &int8_throughout);
}

COLD int check_fully_connected(const struct model *m, const struct image_operator *op)
{
    return check_fully_connected_of(m, op, &int8_throughout);
}

COLD int check_pool_2d(const struct model *m, const struct image_operator *op)
{
    return check_pool_2d_of(m, op, &int8_throughout);
}
