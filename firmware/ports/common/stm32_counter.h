/* The cycle counter of the core, which wraps after 2^32 cycles (8.9 s at 480 MHz), and TIM2, which knows
 * how often it did. Neither interrupts.
 *
 * TIM2 runs from the same PLL through a prescaler of 2^16: it wraps after days, and tells the cycles to
 * within one of its ticks. The count is the number next to that which ends in CYCCNT. Where the two
 * disagree, one of them stood still or runs at another rate, and there is no count.
 * TIM5 counts microseconds from the start on: the clock that no window restarts.
 * Registers: Armv7-M Architecture Reference Manual, C1.8 (DWT); RM0433 and RM0385, TIM2 and TIM5. */
#ifndef HARNESS_STM32_COUNTER_H
#define HARNESS_STM32_COUNTER_H

#include "stm32.h"

#define COUNTER_PRESCALER 0x10000u
#define COUNTER_SLACK 0x100000 /* cycles; the time between both looks, and far less than a wrap */
#define COUNTER_UNLOCK 0xC5ACCE55u
#define CLOCK_NOW_HZ 1000000u

static struct port_counter counter = {.name = "dwt-cyccnt"};
static uint32_t cycles_per_timer_tick;

static void counter_init(const struct stm32_clock *clock)
{
    counter.hz = clock->core_hz;
    cycles_per_timer_tick = clock->core_hz / clock->apb1_timers_hz * COUNTER_PRESCALER;
    CoreDebug->DEMCR |= CoreDebug_DEMCR_TRCENA_Msk;
    DWT->LAR = COUNTER_UNLOCK;
    DWT->CTRL |= DWT_CTRL_CYCCNTENA_Msk;
    TIM2->PSC = COUNTER_PRESCALER - 1u;
    TIM2->ARR = UINT32_MAX;
    TIM2->CR1 = TIM_CR1_CEN;
    TIM5->PSC = clock->apb1_timers_hz / CLOCK_NOW_HZ - 1u;
    TIM5->ARR = UINT32_MAX;
    TIM5->EGR = TIM_EGR_UG; /* takes up the prescaler */
    TIM5->CR1 = TIM_CR1_CEN;
}

void port_ticks_restart(void)
{
    watchdog_window();
    TIM2->EGR = TIM_EGR_UG; /* restarts its prescaler, too */
    __DSB();
    DWT->CYCCNT = 0;
    __ISB();
}

uint64_t port_ticks(void)
{
    const uint32_t cycles = DWT->CYCCNT;
    const uint64_t about = (uint64_t)TIM2->CNT * cycles_per_timer_tick;
    const int32_t ahead = (int32_t)(cycles - (uint32_t)about);

    if (ahead < -COUNTER_SLACK || ahead > (int32_t)cycles_per_timer_tick + COUNTER_SLACK)
        return PORT_TICKS_OVERFLOW;
    return about + (uint64_t)(int64_t)ahead;
}

const struct port_counter *port_counter(void)
{
    return &counter;
}

uint32_t port_clock_now(uint32_t *hz)
{
    *hz = CLOCK_NOW_HZ;
    return TIM5->CNT;
}

uint32_t port_clock_hz(void)
{
    return counter.hz;
}

bool port_gate(bool high)
{
    HARNESS_GATE_PORT->BSRR = high ? 1u << HARNESS_GATE_PIN : 0x10000u << HARNESS_GATE_PIN;
    return true;
}

#ifdef HARNESS_OPERATOR_PIN
bool port_operator_pin(bool high)
{
    HARNESS_GATE_PORT->BSRR = high ? 1u << HARNESS_OPERATOR_PIN : 0x10000u << HARNESS_OPERATOR_PIN;
    return true;
}
#endif

#endif
