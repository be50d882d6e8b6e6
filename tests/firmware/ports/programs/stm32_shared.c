/* Each line of input is one question to what the STM32 ports share; the answer is one line.
 *
 * ticks CORE TIMER CYCCNT CNT  the count of a window with these clocks and these final counter values
 * window N                     what N windows and one sleep write to the watchdog, in order
 * baud KERNEL                  the divider of the UART
 * rate KERNEL WANTED           what the UART would really use, its divider then and back at the start's
 * clock CORE TIMER CNT         TIM5's prescaler, its rate, and the clock that runs on, after another window
 * pin N                        MODER, AFR[0], AFR[1] after pin N became alternate function 7 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "stm32_link.h"

#include "stm32_counter.h"

GPIO_TypeDef device_gpio[2];
IWDG_TypeDef device_iwdg;
SysTick_Type device_systick;
SCB_Type device_scb;
CoreDebug_Type device_core_debug;
DWT_Type device_dwt;
TIM_TypeDef device_tim2, device_tim5;
USART_TypeDef device_usart3;

static uint32_t systick_in_sleep;

void SCB_EnableICache(void) {}
void SCB_EnableDCache(void) {}
void NVIC_EnableIRQ(int interrupt) { (void)interrupt; }
void __DSB(void) {}
void __ISB(void) {}
void __WFI(void) { systick_in_sleep = device_systick.CTRL; }
void __disable_irq(void) {}
void __enable_irq(void) {}

static void count(uint32_t core_hz, uint32_t timer_hz, uint32_t cycles, uint32_t timer)
{
    counter_init(&(struct stm32_clock){core_hz, 1, timer_hz});
    device_dwt.CYCCNT = 12345;
    port_ticks_restart();
    if (device_dwt.CYCCNT != 0 || device_tim2.EGR != TIM_EGR_UG)
        puts("not restarted");
    device_dwt.CYCCNT = cycles;
    device_tim2.CNT = timer;
    uint64_t ticks = port_ticks();
    if (ticks == PORT_TICKS_OVERFLOW)
        puts("overflow");
    else
        printf("%" PRIu64 "\n", ticks);
}

static void run_on(uint32_t core_hz, uint32_t timer_hz, uint32_t microseconds)
{
    uint32_t hz, now;

    counter_init(&(struct stm32_clock){core_hz, 1, timer_hz});
    if (device_tim5.EGR != TIM_EGR_UG || device_tim5.CR1 != TIM_CR1_CEN || device_tim5.ARR != UINT32_MAX)
        puts("not started");
    device_tim5.EGR = 0;
    device_tim5.CNT = microseconds;
    port_ticks_restart();
    now = port_clock_now(&hz);
    printf("%u %u %u %u\n", device_tim5.PSC, hz, now, device_tim5.EGR);
}

static void watch(unsigned windows)
{
    watchdog_runs = false;
    device_iwdg = (IWDG_TypeDef){0};
    for (unsigned i = 0; i < windows; i++)
        port_ticks_restart();
    device_systick.CTRL = systick_in_sleep = 0;
    port_link_wait();
    printf("%x %x %x %x\n", device_iwdg.KR, device_iwdg.PR, systick_in_sleep, device_systick.CTRL);
}

static void set_pin(unsigned pin)
{
    memset(device_gpio, 0, sizeof device_gpio);
    stm32_pin(GPIOB, pin, STM32_ALTERNATE, 7);
    printf("%x %x %x\n", GPIOB->MODER, GPIOB->AFR[0], GPIOB->AFR[1]);
}

int main(void)
{
    char line[128];
    uint32_t a, b, c, d;

    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "ticks %u %u %u %u", &a, &b, &c, &d) == 4)
            count(a, b, c, d);
        else if (sscanf(line, "clock %u %u %u", &a, &b, &c) == 3)
            run_on(a, b, c);
        else if (sscanf(line, "window %u", &a) == 1)
            watch(a);
        else if (sscanf(line, "baud %u", &a) == 1) {
            link_init(a);
            printf("%u\n", device_usart3.BRR);
        } else if (sscanf(line, "rate %u %u", &a, &b) == 2) {
            link_init(a);
            device_usart3.ISR = USART_ISR_TC;
            c = port_link_rate(b);
            port_link_use_rate(c);
            d = device_usart3.BRR;
            port_link_use_rate(0);
            printf("%u %u %u %x\n", c, d, device_usart3.BRR, device_usart3.CR1 & USART_CR1_UE);
        } else if (sscanf(line, "pin %u", &a) == 1)
            set_pin(a);
    }
    return 0;
}
