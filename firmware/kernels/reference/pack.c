/* PACK: each row of the output is one of every input, one behind the other. */
#include <string.h>

#include "rows.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (op->output_count != 1)
        return BAD_ARGUMENT;
    return check_rows(model, op, op_output(model, op), 0, op->input_count);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_rows *p = op_params(op);
    uint8_t *out = tensor_data(model, op_output(model, op));
    for (int32_t row = 0; row < p->rows; row++)
        for (int i = 0; i < op->input_count; i++) {
            const struct image_tensor *input = op_input(model, op, i);
            const uint32_t bytes = input->bytes / (uint32_t)p->rows;
            memcpy(out, (const uint8_t *)tensor_data(model, input) + (uint32_t)row * bytes, bytes);
            out += bytes;
        }
    return 0;
}

KERNEL(83, "PACK", prepare, invoke);
