/* The link of a port over USART3: bytes come by interrupt, sixteen at a time where there is a FIFO, and
 * go by polling.
 *
 * Include it in port.c alone. At 2 Mbaud a byte takes 5 us, hundreds of instructions on any of these
 * parts, and a window is silent: the ring never meets its end.
 * Registers: reference manuals RM0433 (STM32H743) and RM0385 (STM32F746), USART; alternate functions:
 * data sheets DS12110 and DS10916. */
#ifndef HARNESS_STM32_LINK_H
#define HARNESS_STM32_LINK_H

#include "ring.h"
#include "stm32.h"
#include "stm32_watchdog.h"
#include "vectors.h"

#define LINK USART3
#define LINK_FUNCTION 7u /* USART3 is alternate function 7 on PB10, PB11, PD8 and PD9 of both parts */
#define LINK_ERRORS (USART_ICR_ORECF | USART_ICR_FECF | USART_ICR_PECF)

#ifdef USART_CR1_FIFOEN
#define LINK_FIFO USART_CR1_FIFOEN
#define LINK_HAS_BYTE USART_ISR_RXNE_RXFNE
#define LINK_HAS_ROOM USART_ISR_TXE_TXFNF
#define LINK_INTERRUPT USART_CR1_RXNEIE_RXFNEIE
#else
#define LINK_FIFO 0u
#define LINK_HAS_BYTE USART_ISR_RXNE
#define LINK_HAS_ROOM USART_ISR_TXE
#define LINK_INTERRUPT USART_CR1_RXNEIE
#endif

static struct ring received;
static volatile uint32_t interrupts;
static uint32_t kernel_hz;

/* An overrun would raise the interrupt for ever; the CRC of the frame tells of the byte that is lost. */
static void link_interrupt(void)
{
    interrupts++;
    LINK->ICR = LINK_ERRORS;
    while (LINK->ISR & LINK_HAS_BYTE)
        ring_write(&received, (uint8_t)LINK->RDR);
}

HARNESS_INTERRUPTS = {[USART3_IRQn] = link_interrupt};

static uint32_t divider(uint32_t rate)
{
    return (kernel_hz + rate / 2u) / rate;
}

static void link_init(uint32_t clock_hz)
{
    kernel_hz = clock_hz;
    stm32_pin(HARNESS_LINK_PORT, HARNESS_LINK_TX, STM32_ALTERNATE, LINK_FUNCTION);
    stm32_pin(HARNESS_LINK_PORT, HARNESS_LINK_RX, STM32_ALTERNATE, LINK_FUNCTION);
    LINK->BRR = divider(HARNESS_BAUD_RATE);
    LINK->CR1 = LINK_FIFO; /* cannot be changed once UE is set */
    LINK->CR1 = LINK_FIFO | USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | LINK_INTERRUPT;
    NVIC_EnableIRQ(USART3_IRQn);
}

/* The divider has 16 bits and is at least 16. */
uint32_t port_link_rate(uint32_t wanted)
{
    if (wanted > kernel_hz / 16u || wanted < kernel_hz / 0xFFFFu + 1u)
        return 0;
    const uint32_t rate = kernel_hz / divider(wanted);
    const uint32_t off = rate > wanted ? rate - wanted : wanted - rate;
    return off <= wanted / 50u ? rate : 0;
}

void port_link_use_rate(uint32_t rate)
{
    (void)stm32_eventually(&LINK->ISR, USART_ISR_TC, USART_ISR_TC);
    LINK->CR1 &= ~USART_CR1_UE; /* the divider cannot be changed while it is set */
    LINK->BRR = divider(rate != 0 ? rate : HARNESS_BAUD_RATE);
    LINK->CR1 |= USART_CR1_UE;
}

int port_link_read(void)
{
    return ring_read(&received);
}

void port_link_wait(void)
{
    /* With interrupts masked a byte cannot slip in between the look and the sleep: it stays pending
     * and ends the sleep. */
    __disable_irq();
    if (ring_is_empty(&received))
        watchdog_sleep();
    __enable_irq();
}

void port_link_write(const uint8_t *data, size_t n)
{
    for (const uint8_t *end = data + n; data != end; data++) {
        while (!(LINK->ISR & LINK_HAS_ROOM))
            ;
        LINK->TDR = *data;
    }
}

uint32_t port_link_interrupts(void)
{
    return interrupts;
}

#endif
