/* A test kernel that does nothing (opcode 130): what is counted is the engine. */
#include "kernel.h"

static int prepare(const struct model *m, const struct image_operator *op, uint32_t *scratch_bytes)
{
    (void)m;
    (void)op;
    *scratch_bytes = 0;
    return 0;
}

static int invoke(const struct model *m, const struct image_operator *op)
{
    (void)m;
    (void)op;
    return 0;
}

KERNEL(130, "EMPTY", prepare, invoke);
