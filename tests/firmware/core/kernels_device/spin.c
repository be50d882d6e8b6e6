/* A test kernel of known length (opcode 128): twice its one parameter, in instructions. */
#include "kernel.h"

static int prepare(const struct model *m, const struct image_operator *op, uint32_t *scratch_bytes)
{
    (void)m;
    *scratch_bytes = 0;
    return op->record_bytes < op->params_offset + 4 ? -1 : 0;
}

static int invoke(const struct model *m, const struct image_operator *op)
{
    uint32_t turns = *(const uint32_t *)op_params(op);

    (void)m;
    __asm volatile("1: subs %0, #1\n\tbne 1b" : "+l"(turns) : : "cc");
    return 0;
}

KERNEL(128, "SPIN", prepare, invoke);
