/* BATCH_MATMUL: products of matrices, each of which may lie transposed; batches are broadcast. */
#include "broadcast.h"
#include "requantize.h"

struct batch_matmul_params {
    int32_t input1_offset, input2_offset, output_offset;
    int32_t multiplier, shift;
    int32_t activation_min, activation_max;
    int32_t adj_x, adj_y;
};

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (check_int8_operands(model, op, sizeof(struct batch_matmul_params), 2))
        return BAD_ARGUMENT;
    const struct batch_matmul_params *p = op_params(op);
    const struct image_dims *a = &op_input(model, op, 0)->dims, *b = &op_input(model, op, 1)->dims;
    const struct image_dims *y = &op_output(model, op)->dims;
    const int32_t rows = p->adj_x ? a->c : a->w, depth = p->adj_x ? a->w : a->c;
    const int32_t depth_of_b = p->adj_y ? b->c : b->w, columns = p->adj_y ? b->w : b->c;
    if (!spans(a->n, b->n, y->n) || !spans(a->h, b->h, y->h) || y->w != rows || y->c != columns || depth != depth_of_b)
        return BAD_ARGUMENT;
    if (depth > 1 << 15)
        return NOT_IMPLEMENTED; /* sums have 32 bits */
    return check_input_offset(p->input1_offset) | check_input_offset(p->input2_offset) |
           check_output_offset(p->output_offset) | check_scale(p->multiplier, p->shift, 30) |
           check_bounds(p->activation_min, p->activation_max);
}

static int8_t *multiply(const struct batch_matmul_params *p, const struct image_dims *x1, const struct image_dims *x2,
                        const int8_t *in1, const int8_t *in2, int8_t *out)
{
    const int32_t rows = p->adj_x ? x1->c : x1->w, depth = p->adj_x ? x1->w : x1->c;
    const int32_t row_step = p->adj_x ? 1 : x1->c, step1 = p->adj_x ? x1->c : 1;
    const int32_t columns = p->adj_y ? x2->w : x2->c;
    const int32_t column_step = p->adj_y ? x2->c : 1, step2 = p->adj_y ? 1 : x2->c;
    for (int32_t row = 0; row < rows; row++)
        for (int32_t column = 0; column < columns; column++) {
            const int8_t *a = in1 + row * row_step, *b = in2 + column * column_step;
            int32_t sum = 0;
            for (int32_t i = 0; i < depth; i++, a += step1, b += step2)
                sum += (*a + p->input1_offset) * (*b + p->input2_offset);
            sum = requantize_rounding_twice(sum, p->multiplier, p->shift) + p->output_offset;
            *out++ = clamp_to_int8(sum, p->activation_min, p->activation_max);
        }
    return out;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_dims a = op_input(model, op, 0)->dims, b = op_input(model, op, 1)->dims;
    const struct image_dims y = op_output(model, op)->dims;
    const int8_t *const in1 = tensor_data(model, op_input(model, op, 0));
    const int8_t *const in2 = tensor_data(model, op_input(model, op, 1));
    int8_t *out = tensor_data(model, op_output(model, op));
    for (int32_t n = 0; n < y.n; n++)
        for (int32_t h = 0; h < y.h; h++) {
            const int32_t matrix1 = (a.n == 1 ? 0 : n) * a.h + (a.h == 1 ? 0 : h);
            const int32_t matrix2 = (b.n == 1 ? 0 : n) * b.h + (b.h == 1 ? 0 : h);
            out = multiply(op_params(op), &a, &b, in1 + matrix1 * a.w * a.c, in2 + matrix2 * b.w * b.c, out);
        }
    return 0;
}

KERNEL(126, "BATCH_MATMUL", prepare, invoke);
