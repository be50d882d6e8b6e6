/* A test kernel that faults (opcode 129) in the way its one parameter names. */
#include "kernel.h"

enum { UNDEFINED_INSTRUCTION, UNMAPPED_READ, STACK_POINTER_GONE };

static int prepare(const struct model *m, const struct image_operator *op, uint32_t *scratch_bytes)
{
    (void)m;
    *scratch_bytes = 0;
    return op->record_bytes < op->params_offset + 4 ? -1 : 0;
}

static int invoke(const struct model *m, const struct image_operator *op)
{
    (void)m;
    switch (*(const uint32_t *)op_params(op)) {
    case UNDEFINED_INSTRUCTION:
        __asm volatile(".global trap_here\ntrap_here: udf #1");
        break;
    case UNMAPPED_READ:
        return *(volatile int *)0x5E000000u;
    case STACK_POINTER_GONE:
        __asm volatile("mov sp, %0\n\tudf #2" : : "r"(0x60000000u));
        break;
    }
    return 0;
}

KERNEL(129, "TRAP", prepare, invoke);
