/* A test kernel: RESHAPE copies its input to its output. */
#include <string.h>

#include "kernel.h"

static int prepare(const struct model *m, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (op->input_count != 1 || op->output_count != 1 || op->tensors[0] == IMAGE_NO_TENSOR)
        return -1;
    return op_tensor(m, op, 0)->bytes == op_tensor(m, op, 1)->bytes ? 0 : -2;
}

static int invoke(const struct model *m, const struct image_operator *op)
{
    const struct image_tensor *input = op_tensor(m, op, 0);
    memmove(tensor_data(m, op_tensor(m, op, 1)), tensor_data(m, input), input->bytes);
    return 0;
}

KERNEL(22, "RESHAPE", prepare, invoke);
