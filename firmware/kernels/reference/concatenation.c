/* CONCATENATION: each row of the output is one of each input, one behind the other. */
#include <string.h>

#include "concatenation.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    return check_concatenation(model, op);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct concatenation_params *p = op_params(op);
    uint8_t *out = tensor_data(model, op_output(model, op));
    const uint32_t row_bytes = op_output(model, op)->bytes / (uint32_t)p->rows;
    for (int i = 0; i < op->input_count; i++) {
        const struct image_tensor *input = op_input(model, op, i);
        const uint32_t bytes = input->bytes / (uint32_t)p->rows;
        const uint8_t *in = tensor_data(model, input);
        for (int32_t row = 0; row < p->rows; row++, in += bytes)
            memcpy(out + (uint32_t)row * row_bytes, in, bytes);
        out += bytes;
    }
    return 0;
}

KERNEL(2, "CONCATENATION", prepare, invoke);
