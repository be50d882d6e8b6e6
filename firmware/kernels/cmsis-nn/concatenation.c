/* CONCATENATION through arm_concatenation_s8_x, rows being vectors, or arm_concatenation_s8_w of a single row. */
#include "../reference/concatenation.h"
#include "layout.h"
#include "limits.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_concatenation(model, op);
    if (status)
        return status;
    const uint32_t rows = (uint32_t)((const struct concatenation_params *)op_params(op))->rows;
    if (rows > 1)
        return rows <= UINT16_MAX && op_output(model, op)->bytes / rows <= UINT16_MAX ? 0 : NOT_IMPLEMENTED;
    for (int i = 0; i < op->input_count; i++)
        if (!fits_16_bits(&op_input(model, op, i)->dims))
            return NOT_IMPLEMENTED;
    return 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const uint32_t rows = (uint32_t)((const struct concatenation_params *)op_params(op))->rows;
    const uint32_t row = op_output(model, op)->bytes / rows;
    int8_t *const out = tensor_data(model, op_output(model, op));
    uint32_t offset = 0;
    for (int i = 0; i < op->input_count; i++) {
        const struct image_tensor *input = op_input(model, op, i);
        const int8_t *in = tensor_data(model, input);
        const struct image_dims *d = &input->dims;
        const uint32_t part = input->bytes / rows;
        if (rows == 1)
            arm_concatenation_s8_w(in, (uint16_t)d->c, (uint16_t)d->w, (uint16_t)d->h, (uint16_t)d->n, out + offset, 0);
        else
            arm_concatenation_s8_x(in, (uint16_t)part, (uint16_t)rows, 1, 1, out, (uint16_t)row, offset);
        offset += part;
    }
    return 0;
}

KERNEL(2, "CONCATENATION", prepare, invoke);
