/* Reset and the vector table of Armv7-M (Architecture Reference Manual, B1.5) and Armv8-M (DDI 0553). */
#include <stdint.h>
#include <string.h>

#include "vectors.h"

/* From the linker script. */
extern uint32_t harness_stack_top[];
extern uint8_t harness_data_load[], harness_data_start[], harness_data_end[];
extern uint8_t harness_bss_start[], harness_bss_end[];

extern int main(void);
extern void hard_fault(void);

#define SCB_VTOR (*(volatile uint32_t *)0xE000ED08u)
#define SCB_CCR (*(volatile uint32_t *)0xE000ED14u)
#define SCB_CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CPACR_FPU_FULL_ACCESS (0xFu << 20) /* CP10 and CP11: Helium, too */
#define CCR_LOW_OVERHEAD_LOOPS (1u << 19)  /* LOB, Armv8.1-M */

void reset(void);

/* What should never be taken: the fault report then shows where. */
static void unexpected(void)
{
    __asm volatile("udf #0");
}

/* The device's interrupts follow in the port's HARNESS_INTERRUPTS. Memory, bus and usage faults stay
 * disabled and so escalate to the hard fault; CFSR tells them apart all the same. */
static const interrupt_vector system_vectors[16] __attribute__((used, section(".vectors.system"))) = {
    (interrupt_vector)harness_stack_top,
    reset,
    hard_fault, /* NMI */
    hard_fault,
    unexpected, unexpected, unexpected, unexpected, unexpected, unexpected, unexpected,
    unexpected, /* SVCall */
    unexpected, unexpected,
    unexpected, /* PendSV */
    unexpected, /* SysTick: polled, its interrupt stays off */
};

void reset(void)
{
    SCB_VTOR = (uint32_t)(uintptr_t)system_vectors;
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    SCB_CPACR |= CPACR_FPU_FULL_ACCESS;
#endif
#ifdef __ARM_FEATURE_MVE
    SCB_CCR |= CCR_LOW_OVERHEAD_LOOPS;
#endif
    __asm volatile("dsb\n\tisb" ::: "memory");
    memcpy(harness_data_start, harness_data_load, (size_t)(harness_data_end - harness_data_start));
    memset(harness_bss_start, 0, (size_t)(harness_bss_end - harness_bss_start));
    main();
    unexpected();
}
