/* A processor fault becomes the answer to the request under way. */
#include <stdbool.h>
#include <stdint.h>

#include "messages.h"

/* Armv7-M Architecture Reference Manual, B3.2.15 to B3.2.18. */
#define SCB_CFSR (*(volatile uint32_t *)0xE000ED28u)
#define SCB_HFSR (*(volatile uint32_t *)0xE000ED2Cu)
#define SCB_BFAR (*(volatile uint32_t *)0xE000ED38u)

/* The exception frame: r0 to r3, r12, lr, pc, xpsr. */
enum { STACKED_LR = 5, STACKED_PC = 6, FRAME_BYTES = 32 };

extern uint8_t harness_ram_start[], harness_stack_top[];

void hard_fault(void);
void report_fault(uintptr_t frame);

/* A second fault in here would lock the core up, so the stack pointer that may have caused the first
 * is looked at before it is used. */
static bool readable(uintptr_t frame)
{
    return frame % 4 == 0 && frame >= (uintptr_t)harness_ram_start &&
           frame <= (uintptr_t)harness_stack_top - FRAME_BYTES;
}

void report_fault(uintptr_t frame)
{
    struct fault_registers registers = {.cfsr = SCB_CFSR, .hfsr = SCB_HFSR, .bfar = SCB_BFAR};

    if (readable(frame)) {
        registers.lr = ((const uint32_t *)frame)[STACKED_LR];
        registers.pc = ((const uint32_t *)frame)[STACKED_PC];
    }
    messages_fault(&registers);
    for (;;)
        __asm volatile("wfi"); /* nothing preempts a hard fault: sleep until the next reset */
}

/* Takes the stacked frame's address and starts a fresh stack: the old one may have overflowed. */
__attribute__((naked)) void hard_fault(void)
{
    __asm volatile("mrs r0, msp\n\t"
                   "ldr r1, =harness_stack_top\n\t"
                   "msr msp, r1\n\t"
                   "b report_fault\n\t"
                   ".ltorg");
}
