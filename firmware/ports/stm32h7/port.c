/* STM32H742, H743 and H753: 480 MHz on revision V, 400 MHz on older ones, and 64 MHz where the external
 * clock does not come; what is told is what runs.
 *
 * Registers: reference manual RM0433, PWR, RCC, SYSCFG and table 17 (flash wait states); limits by
 * revision: data sheet DS12110, general operating conditions. */
#include "stm32_link.h"

#include "stm32_counter.h"

#define HSI_HZ 64000000u
#define PLL_INPUT_HZ 4000000u
#define FASTEST_HZ 480000000u
#define REVISION_V 0x2003u /* RM0433, DBGMCU_IDC: Z 0x1001, Y 0x1003, X 0x2001, V 0x2003 */

#define PLL_INPUT_RANGE_4_TO_8_MHZ (2u << RCC_PLLCFGR_PLL1RGE_Pos)
#define PLL_SOURCE_HSE 2u
#define SCALE_1 (3u << PWR_D3CR_VOS_Pos)

_Static_assert(HARNESS_HSE_HZ % PLL_INPUT_HZ == 0, "the PLL takes a multiple of 4 MHz");

static uint32_t revision(void)
{
    return DBGMCU->IDCODE >> DBGMCU_IDCODE_REV_ID_Pos;
}

/* Voltage scale 1, for 400 MHz, and on top of it scale 0 for 480 MHz, which older revisions lack. */
static bool raise_voltage(bool scale_0)
{
    PWR->CR3 = (PWR->CR3 & ~(PWR_CR3_SCUEN | PWR_CR3_BYPASS)) | PWR_CR3_LDOEN; /* once per power-on */
    if (!stm32_eventually(&PWR->CSR1, PWR_CSR1_ACTVOSRDY, PWR_CSR1_ACTVOSRDY))
        return false;
    PWR->D3CR = (PWR->D3CR & ~PWR_D3CR_VOS) | SCALE_1;
    if (!stm32_eventually(&PWR->D3CR, PWR_D3CR_VOSRDY, PWR_D3CR_VOSRDY))
        return false;
    if (!scale_0)
        return true;
    RCC->APB4ENR |= RCC_APB4ENR_SYSCFGEN;
    (void)RCC->APB4ENR;
    SYSCFG->PWRCR |= SYSCFG_PWRCR_ODEN;
    return stm32_eventually(&PWR->D3CR, PWR_D3CR_VOSRDY, PWR_D3CR_VOSRDY);
}

/* The PLL doubles the core's clock and halves it again: VCO at 960 or 800 MHz. */
static bool start_pll(uint32_t core_hz)
{
    RCC->CR |= HARNESS_HSE_BYPASS ? RCC_CR_HSEBYP : 0u;
    RCC->CR |= RCC_CR_HSEON;
    if (!stm32_eventually(&RCC->CR, RCC_CR_HSERDY, RCC_CR_HSERDY))
        return false;
    RCC->PLLCKSELR = PLL_SOURCE_HSE | HARNESS_HSE_HZ / PLL_INPUT_HZ << RCC_PLLCKSELR_DIVM1_Pos;
    RCC->PLLCFGR = PLL_INPUT_RANGE_4_TO_8_MHZ | RCC_PLLCFGR_DIVP1EN;
    RCC->PLL1DIVR = (2u * core_hz / PLL_INPUT_HZ - 1u) << RCC_PLL1DIVR_N1_Pos | 1u << RCC_PLL1DIVR_P1_Pos;
    RCC->CR |= RCC_CR_PLL1ON;
    return stm32_eventually(&RCC->CR, RCC_CR_PLL1RDY, RCC_CR_PLL1RDY);
}

/* Buses at half the core's clock, peripherals at a quarter, their timers at half. */
static bool switch_to_pll(uint32_t core_hz)
{
    const uint32_t wait_states = core_hz > 400000000u ? FLASH_ACR_LATENCY_4WS : FLASH_ACR_LATENCY_2WS;

    FLASH->ACR = wait_states | FLASH_ACR_WRHIGHFREQ_1;
    if (!stm32_eventually(&FLASH->ACR, FLASH_ACR_LATENCY, wait_states))
        return false;
    RCC->D1CFGR = RCC_D1CFGR_HPRE_DIV2 | RCC_D1CFGR_D1PPRE_DIV2;
    RCC->D2CFGR = RCC_D2CFGR_D2PPRE1_DIV2 | RCC_D2CFGR_D2PPRE2_DIV2;
    RCC->D3CFGR = RCC_D3CFGR_D3PPRE_DIV2;
    RCC->CFGR = (RCC->CFGR & ~RCC_CFGR_SW) | RCC_CFGR_SW_PLL1;
    if (stm32_eventually(&RCC->CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL1))
        return true;
    RCC->CFGR &= ~RCC_CFGR_SW;
    RCC->D1CFGR = RCC->D2CFGR = RCC->D3CFGR = 0;
    return false;
}

static struct stm32_clock clock_init(void)
{
    const bool fast = revision() >= REVISION_V;
    const uint32_t core_hz = fast ? FASTEST_HZ : 400000000u;

    if (raise_voltage(fast) && start_pll(core_hz) && switch_to_pll(core_hz))
        return (struct stm32_clock){core_hz, core_hz / 4u, core_hz / 2u};
    return (struct stm32_clock){HSI_HZ, HSI_HZ, HSI_HZ};
}

/* Errata ES0392: before revision X reading AXI SRAM may give wrong data, unless its port of the AXI
 * matrix issues one read at a time (AXI_TARG7_FN_MOD, which has no name in the device header). */
static void mend_axi_sram(void)
{
    if (revision() < 0x2000u)
        *(volatile uint32_t *)0x51008108u = 1u;
}

void port_init(void)
{
    const struct stm32_clock clock = clock_init();

    mend_axi_sram();
    RCC->AHB4ENR |= STM32_GPIO_BITS;
    RCC->APB1LENR |= RCC_APB1LENR_TIM2EN | RCC_APB1LENR_TIM5EN | RCC_APB1LENR_USART3EN;
    (void)RCC->APB1LENR; /* a peripheral answers two cycles after its clock is on */
    DBGMCU->APB1LFZ1 |= DBGMCU_APB1LFZ1_DBG_TIM2 | DBGMCU_APB1LFZ1_DBG_TIM5;
    DBGMCU->APB4FZ1 |= DBGMCU_APB4FZ1_DBG_IWDG1;
    stm32_caches();
    stm32_metered_pins();
    counter_init(&clock);
    link_init(clock.apb1_hz);
}
