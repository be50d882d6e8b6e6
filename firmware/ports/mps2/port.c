/* Arm MPS2 with FPGA images AN385 (M3), AN386 (M4F), AN500 (M7) and AN505 (M33), as QEMU models them:
 * UART0,
 * timer 0, and UART1 in place of pins. What differs on AN505 is in its target's [defines].
 *
 * The timer ticks as exactly as SysTick does, but wraps after 2^32 ticks, not after 2^24: that is
 * 171 G instead of 671 M instructions under `-icount shift=0` (40 instructions per tick; AN505: 50).
 * Registers: CMSDK Technical Reference Manual (DDI 0479), APB timer; clocks and addresses: Application
 * Notes AN385 and AN505. */
#ifndef HARNESS_CLOCK_HZ
#define HARNESS_CLOCK_HZ 25000000u
#define HARNESS_TIMER0 0x40000000u
#define HARNESS_UART0 0x40004000u
#define HARNESS_UART0_RX_IRQ 0
#define HARNESS_FPGAIO 0x40028000u
#endif

#define CMSDK_UART HARNESS_UART0
#define CMSDK_UART_RX_IRQ HARNESS_UART0_RX_IRQ
#define FPGAIO_HZ HARNESS_CLOCK_HZ
#include "cmsdk_link.h"

#define TIMER_REGISTER(offset) (*(volatile uint32_t *)(HARNESS_TIMER0 + (offset)))
#define TIMER_CTRL TIMER_REGISTER(0x0u)
#define TIMER_VALUE TIMER_REGISTER(0x4u)
#define TIMER_RELOAD TIMER_REGISTER(0x8u)
#define TIMER_INT TIMER_REGISTER(0xCu) /* status when read, clear when written */
#define TIMER_ENABLE (1u << 0)
#define TIMER_INTERRUPT (1u << 3) /* sets TIMER_INT at a wrap; the NVIC does not listen */
#ifdef HARNESS_TIMER_TOP /* for tests, which cannot wait for 2^32 ticks */
#define TIMER_TOP HARNESS_TIMER_TOP
#else
#define TIMER_TOP 0xFFFFFFFFu
#endif

void port_init(void)
{
    link_init();
    TIMER_RELOAD = TIMER_TOP;
}

void port_ticks_restart(void)
{
    TIMER_CTRL = 0;
    TIMER_VALUE = TIMER_TOP;
    TIMER_INT = 1;
    TIMER_CTRL = TIMER_ENABLE | TIMER_INTERRUPT;
}

uint64_t port_ticks(void)
{
    uint32_t value = TIMER_VALUE;
    return TIMER_INT != 0 ? PORT_TICKS_OVERFLOW : TIMER_TOP - value;
}

const struct port_counter *port_counter(void)
{
    static const struct port_counter counter = {"cmsdk-timer-icount", HARNESS_CLOCK_HZ};
    return &counter;
}

uint32_t port_clock_hz(void)
{
    return HARNESS_CLOCK_HZ;
}
