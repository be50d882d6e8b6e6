/* PAD and PADV2: the input in the middle of a constant. */
#include <string.h>

#include "operands.h"

struct pad_params {
    int32_t before_n, before_h, before_w, before_c, code;
};

static int fits(int32_t before, int32_t inner, int32_t outer)
{
    return before >= 0 && inner <= outer && before <= outer - inner;
}

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (check_int8_operands(model, op, sizeof(struct pad_params), 1))
        return BAD_ARGUMENT;
    const struct pad_params *p = op_params(op);
    const struct image_dims *x = &op_input(model, op, 0)->dims, *y = &op_output(model, op)->dims;
    if (!fits(p->before_n, x->n, y->n) || !fits(p->before_h, x->h, y->h) || !fits(p->before_w, x->w, y->w) ||
        !fits(p->before_c, x->c, y->c))
        return BAD_ARGUMENT;
    return check_output_offset(p->code);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct pad_params *p = op_params(op);
    const struct image_tensor *output = op_output(model, op);
    const struct image_dims x = op_input(model, op, 0)->dims, y = output->dims;
    const int8_t *in = tensor_data(model, op_input(model, op, 0));
    int8_t *const out = tensor_data(model, output);
    /* Pixels that follow each other in both are one piece where no channel is added. */
    const int32_t pieces = x.c == y.c ? 1 : x.w, piece = x.c == y.c ? x.w * x.c : x.c;

    memset(out, p->code, output->bytes);
    for (int32_t n = 0; n < x.n; n++)
        for (int32_t h = 0; h < x.h; h++) {
            const int32_t row = (n + p->before_n) * y.h + h + p->before_h;
            int8_t *to = out + (row * y.w + p->before_w) * y.c + p->before_c;
            for (int32_t i = 0; i < pieces; i++, in += piece, to += y.c)
                memcpy(to, in, (size_t)piece);
        }
    return 0;
}

KERNEL(34, "PAD", prepare, invoke);
