/* A test kernel: SOFTMAX stands for what needs scratch and parameters.
 *
 * It touches every byte it was granted, so that a sanitizer sees what the engine let through. The
 * parameter `multiplier` is the scratch it asks for; a `shift` other than 0 is the status it fails
 * with; the output is the input plus `diff_min`. */
#include <string.h>

#include "kernel.h"

static int prepare(const struct model *m, const struct image_operator *op, uint32_t *scratch_bytes)
{
    const struct image_softmax *params = op_params(op);

    if (op->input_count != 1 || op->output_count != 1 || op->tensors[0] == IMAGE_NO_TENSOR)
        return -1;
    if (op->record_bytes < op->params_offset + sizeof *params)
        return -3;
    if (op_tensor(m, op, 0)->bytes != op_tensor(m, op, 1)->bytes)
        return -2;
    *scratch_bytes = (uint32_t)params->multiplier;
    return 0;
}

static int invoke(const struct model *m, const struct image_operator *op)
{
    const struct image_softmax *params = op_params(op);
    const struct image_tensor *input = op_tensor(m, op, 0);
    const uint8_t *in = tensor_data(m, input);
    uint8_t *out = tensor_data(m, op_tensor(m, op, 1));

    memset(op_scratch(m, op), 0x5A, op->scratch_bytes);
    for (uint32_t i = 0; i < input->bytes; i++)
        out[i] = (uint8_t)(in[i] + params->diff_min);
    return params->shift;
}

KERNEL(25, "SOFTMAX", prepare, invoke);
