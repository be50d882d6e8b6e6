/* The independent watchdog: resets a firmware that hangs, and nothing else.
 *
 * It cannot be stopped but by a reset, so it starts with the first measured window: whoever only loads
 * a model may take any time. Its longest period, 256 x 4096 cycles of a 32 kHz oscillator, starts
 * anew with every window, before the count, and in each look for bytes. One inference may so take at
 * least 31 s on an STM32H7 and 22 s on an STM32F7, whose oscillators may be 5 and 47 % fast; nothing is
 * done inside a window. It stands still while a debugger holds the core.
 * Registers: reference manuals RM0433 (STM32H743) and RM0385 (STM32F746), IWDG. */
#ifndef HARNESS_STM32_WATCHDOG_H
#define HARNESS_STM32_WATCHDOG_H

#include "stm32.h"

#ifdef IWDG1
#define WATCHDOG IWDG1
#else
#define WATCHDOG IWDG
#endif
#define WATCHDOG_START 0xCCCCu
#define WATCHDOG_UNLOCK 0x5555u
#define WATCHDOG_REFRESH 0xAAAAu
#define WATCHDOG_DIVIDE_BY_256 6u

static bool watchdog_runs;

static inline void watchdog_window(void)
{
    if (!watchdog_runs) {
        WATCHDOG->KR = WATCHDOG_START;
        WATCHDOG->KR = WATCHDOG_UNLOCK;
        WATCHDOG->PR = WATCHDOG_DIVIDE_BY_256; /* takes effect within milliseconds, of 512 */
        watchdog_runs = true;
    }
    WATCHDOG->KR = WATCHDOG_REFRESH;
}

/* Sleep with interrupts masked until one is pending; SysTick ends the sleep of a watched core after 2^24
 * cycles, without being taken. */
static inline void watchdog_sleep(void)
{
    if (watchdog_runs) {
        WATCHDOG->KR = WATCHDOG_REFRESH;
        SysTick->LOAD = SysTick_LOAD_RELOAD_Msk;
        SysTick->VAL = 0;
        SysTick->CTRL = SysTick_CTRL_CLKSOURCE_Msk | SysTick_CTRL_TICKINT_Msk | SysTick_CTRL_ENABLE_Msk;
    }
    __DSB();
    __WFI();
    if (watchdog_runs) {
        SysTick->CTRL = 0;
        SCB->ICSR = SCB_ICSR_PENDSTCLR_Msk;
    }
}

#endif
