/* STM32F745 and F746 at 216 MHz, and at 16 MHz where the external clock does not come; what is told is
 * what runs.
 *
 * Registers: reference manual RM0385, PWR, RCC and FLASH (wait states by clock and voltage). */
#include "stm32_link.h"

#include "stm32_counter.h"

#define HSI_HZ 16000000u
#define PLL_INPUT_HZ 2000000u
#define CORE_HZ 216000000u

_Static_assert(HARNESS_HSE_HZ % PLL_INPUT_HZ == 0, "the PLL takes a multiple of 2 MHz");

/* The PLL doubles the core's clock and halves it again (PLLP = 0): VCO at 432 MHz. */
static bool start_pll(void)
{
    RCC->APB1ENR |= RCC_APB1ENR_PWREN;
    (void)RCC->APB1ENR;
    PWR->CR1 |= PWR_CR1_VOS; /* scale 1 */
    RCC->CR |= HARNESS_HSE_BYPASS ? RCC_CR_HSEBYP : 0u;
    RCC->CR |= RCC_CR_HSEON;
    if (!stm32_eventually(&RCC->CR, RCC_CR_HSERDY, RCC_CR_HSERDY))
        return false;
    const uint32_t ours = RCC_PLLCFGR_PLLM | RCC_PLLCFGR_PLLN | RCC_PLLCFGR_PLLP | RCC_PLLCFGR_PLLQ;
    RCC->PLLCFGR = (RCC->PLLCFGR & ~ours) | 9u << RCC_PLLCFGR_PLLQ_Pos |
                   HARNESS_HSE_HZ / PLL_INPUT_HZ << RCC_PLLCFGR_PLLM_Pos |
                   2u * CORE_HZ / PLL_INPUT_HZ << RCC_PLLCFGR_PLLN_Pos | RCC_PLLCFGR_PLLSRC_HSE;
    RCC->CR |= RCC_CR_PLLON;
    return stm32_eventually(&RCC->CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY);
}

/* Over-drive: without it the core ends at 180 MHz. */
static bool over_drive(void)
{
    PWR->CR1 |= PWR_CR1_ODEN;
    if (!stm32_eventually(&PWR->CSR1, PWR_CSR1_ODRDY, PWR_CSR1_ODRDY))
        return false;
    PWR->CR1 |= PWR_CR1_ODSWEN;
    return stm32_eventually(&PWR->CSR1, PWR_CSR1_ODSWRDY, PWR_CSR1_ODSWRDY);
}

/* Peripherals of APB1 at a quarter of the core's clock, their timers at half. */
static bool switch_to_pll(void)
{
    FLASH->ACR = FLASH_ACR_LATENCY_7WS;
    if (!stm32_eventually(&FLASH->ACR, FLASH_ACR_LATENCY, FLASH_ACR_LATENCY_7WS))
        return false;
    RCC->CFGR = RCC_CFGR_PPRE1_DIV4 | RCC_CFGR_PPRE2_DIV2;
    RCC->CFGR |= RCC_CFGR_SW_PLL;
    if (stm32_eventually(&RCC->CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL))
        return true;
    RCC->CFGR = 0;
    return false;
}

static struct stm32_clock clock_init(void)
{
    if (start_pll() && over_drive() && switch_to_pll())
        return (struct stm32_clock){CORE_HZ, CORE_HZ / 4u, CORE_HZ / 2u};
    return (struct stm32_clock){HSI_HZ, HSI_HZ, HSI_HZ};
}

void port_init(void)
{
    const struct stm32_clock clock = clock_init();

    RCC->AHB1ENR |= STM32_GPIO_BITS;
    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN | RCC_APB1ENR_TIM5EN | RCC_APB1ENR_USART3EN;
    (void)RCC->APB1ENR; /* a peripheral answers two cycles after its clock is on */
    DBGMCU->APB1FZ |= DBGMCU_APB1_FZ_DBG_TIM2_STOP | DBGMCU_APB1_FZ_DBG_TIM5_STOP |
                      DBGMCU_APB1_FZ_DBG_IWDG_STOP;
    stm32_caches();
    stm32_metered_pins();
    counter_init(&clock);
    link_init(clock.apb1_hz);
}
