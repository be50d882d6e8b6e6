/* Operators that give each of the 256 codes a fixed other one: the host has made the table.
 *
 * The table is 256 bytes in the image, ordered by the code's bits as an unsigned byte. */
#ifndef HARNESS_LOOKUP_H
#define HARNESS_LOOKUP_H

#include "operands.h"

struct lookup_params {
    uint32_t table_at;
};

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    if (check_int8_operands(model, op, sizeof(struct lookup_params), 1))
        return BAD_ARGUMENT;
    const struct lookup_params *p = op_params(op);
    if (op_input(model, op, 0)->bytes != op_output(model, op)->bytes)
        return BAD_ARGUMENT;
    return check_image_words(model, p->table_at, 256 / 4);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    const struct lookup_params *p = op_params(op);
    const struct image_tensor *output = op_output(model, op);
    const uint8_t *const table = model->image + p->table_at;
    const uint8_t *const in = tensor_data(model, op_input(model, op, 0));
    uint8_t *const out = tensor_data(model, output);
    for (uint32_t i = 0; i < output->bytes; i++)
        out[i] = table[in[i]];
    return 0;
}

/* The kernel of an operator that is nothing but its table. */
#define LOOKUP_KERNEL(code, label) KERNEL(code, label, prepare, invoke)

#endif
