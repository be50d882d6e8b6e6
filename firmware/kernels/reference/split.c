/* SPLIT, SPLIT_V and UNPACK: each row of the input is cut into the outputs, one behind the other. */
#include <string.h>

#include "rows.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (op->input_count != 1 || op->tensors[0] >= model->tensor_count)
        return BAD_ARGUMENT;
    return check_rows(model, op, op_input(model, op, 0), 1, op->output_count);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct image_rows *p = op_params(op);
    const uint8_t *in = tensor_data(model, op_input(model, op, 0));
    for (int32_t row = 0; row < p->rows; row++)
        for (int i = 0; i < op->output_count; i++) {
            const struct image_tensor *output = op_tensor(model, op, op->input_count + i);
            const uint32_t bytes = output->bytes / (uint32_t)p->rows;
            memcpy((uint8_t *)tensor_data(model, output) + (uint32_t)row * bytes, in, bytes);
            in += bytes;
        }
    return 0;
}

KERNEL(49, "SPLIT", prepare, invoke);
