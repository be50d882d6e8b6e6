/* Tensors that are cut from, or joined to, the rows of another one. */
#ifndef HARNESS_ROWS_H
#define HARNESS_ROWS_H

#include "checks.h"

/* `whole` has as many bytes as the `count` tensors from index `first` on, each of which has the same number
 * of bytes in every row and is of the same type; a row of theirs is one of `whole`. */
static inline int check_rows(const struct model *m, const struct image_operator *op, const struct image_tensor *whole,
                             int first, int count)
{
    const struct image_rows *p = op_params(op);
    uint64_t bytes = 0;
    if (op->params_offset + sizeof *p > op->record_bytes || p->rows < 1)
        return BAD_ARGUMENT;
    for (int i = first; i < first + count; i++) {
        if (op->tensors[i] >= m->tensor_count || op_tensor(m, op, i)->dtype != whole->dtype ||
            op_tensor(m, op, i)->bytes % (uint32_t)p->rows != 0)
            return BAD_ARGUMENT;
        bytes += op_tensor(m, op, i)->bytes;
    }
    return count > 0 && bytes == whole->bytes ? 0 : BAD_ARGUMENT;
}

#endif
