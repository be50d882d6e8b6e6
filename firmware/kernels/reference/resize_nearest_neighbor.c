/* RESIZE_NEAREST_NEIGHBOR: the host tells the input row of each output row, and the columns likewise. */
#include <string.h>

#include "operands.h"

struct resize_params {
    uint32_t rows_at, columns_at;
};

static int check_positions(const struct model *model, uint32_t at, int32_t count, int32_t size)
{
    if (check_image_words(model, at, count))
        return BAD_ARGUMENT;
    const int32_t *positions = image_words(model, at);
    for (int32_t i = 0; i < count; i++)
        if (positions[i] < 0 || positions[i] >= size)
            return BAD_ARGUMENT;
    return 0;
}

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (check_int8_operands(model, op, sizeof(struct resize_params), 1))
        return BAD_ARGUMENT;
    const struct resize_params *p = op_params(op);
    const struct image_dims *x = &op_input(model, op, 0)->dims, *y = &op_output(model, op)->dims;
    if (x->n != y->n || x->c != y->c)
        return BAD_ARGUMENT;
    return check_positions(model, p->rows_at, y->h, x->h) | check_positions(model, p->columns_at, y->w, x->w);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct resize_params *p = op_params(op);
    const struct image_dims x = op_input(model, op, 0)->dims, y = op_output(model, op)->dims;
    const int32_t *const rows = image_words(model, p->rows_at), *const columns = image_words(model, p->columns_at);
    const int8_t *image = tensor_data(model, op_input(model, op, 0));
    int8_t *out = tensor_data(model, op_output(model, op));
    for (int32_t n = 0; n < y.n; n++, image += x.h * x.w * x.c)
        for (int32_t h = 0; h < y.h; h++) {
            const int8_t *const row = image + rows[h] * x.w * x.c;
            for (int32_t w = 0; w < y.w; w++, out += y.c)
                memcpy(out, row + columns[w] * x.c, (size_t)y.c);
        }
    return 0;
}

KERNEL(97, "RESIZE_NEAREST_NEIGHBOR", prepare, invoke);
