/* What the ports of the STM32 families share: registers by ST's device header, pins, waits with an end.
 *
 * The target's [defines] name pins and crystal: HARNESS_HSE_HZ, HARNESS_HSE_BYPASS, HARNESS_CACHES,
 * HARNESS_LINK_PORT, HARNESS_LINK_TX, HARNESS_LINK_RX, HARNESS_GATE_PORT, HARNESS_GATE_PIN, and where there
 * is one HARNESS_OPERATOR_PIN of the same port. */
#ifndef HARNESS_STM32_H
#define HARNESS_STM32_H

#include HARNESS_DEVICE_HEADER

#include "port.h"

/* What a port sets up first, and what else depends on it. */
struct stm32_clock {
    uint32_t core_hz;
    uint32_t apb1_hz;        /* of the UART */
    uint32_t apb1_timers_hz; /* of TIM2 and TIM5 */
};

/* Ports lie 1 KiB apart, and so do the bits that clock them. */
#define STM32_GPIO_BIT(port) (1u << (((uint32_t)(uintptr_t)(port) - GPIOA_BASE) / 0x400u))
#define STM32_GPIO_BITS (STM32_GPIO_BIT(HARNESS_LINK_PORT) | STM32_GPIO_BIT(HARNESS_GATE_PORT))

enum stm32_pin_mode { STM32_OUTPUT = 1, STM32_ALTERNATE = 2 };

static inline void stm32_pin(GPIO_TypeDef *port, uint32_t pin, enum stm32_pin_mode mode, uint32_t function)
{
    const uint32_t two_bits = 2u * pin, four_bits = 4u * (pin % 8u);

    port->AFR[pin / 8u] = (port->AFR[pin / 8u] & ~(15u << four_bits)) | function << four_bits;
    port->OSPEEDR = (port->OSPEEDR & ~(3u << two_bits)) | 1u << two_bits; /* tens of MHz are enough */
    port->PUPDR = (port->PUPDR & ~(3u << two_bits)) | (mode == STM32_ALTERNATE ? 1u << two_bits : 0u);
    port->MODER = (port->MODER & ~(3u << two_bits)) | (uint32_t)mode << two_bits;
}

/* The pins that a meter watches are low from the start. */
static inline void stm32_metered_pins(void)
{
    stm32_pin(HARNESS_GATE_PORT, HARNESS_GATE_PIN, STM32_OUTPUT, 0);
#ifdef HARNESS_OPERATOR_PIN
    stm32_pin(HARNESS_GATE_PORT, HARNESS_OPERATOR_PIN, STM32_OUTPUT, 0);
#endif
}

/* Whether the masked bits come to be `want` before some 100 ms have passed at any clock after a reset:
 * a crystal that does not start must not hang the firmware. */
static inline bool stm32_eventually(const volatile uint32_t *reg, uint32_t mask, uint32_t want)
{
    for (uint32_t looks = 1000000u; looks > 0; looks--)
        if ((*reg & mask) == want)
            return true;
    return false;
}

static inline void stm32_caches(void)
{
#if HARNESS_CACHES
    SCB_EnableICache();
    SCB_EnableDCache();
#endif
}

#endif
