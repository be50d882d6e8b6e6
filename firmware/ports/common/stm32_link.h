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

/* An overrun would raise the interrupt for ever; the CRC of the frame tells of the byte that is lost. */
static void link_interrupt(void)
{
    interrupts++;
    LINK->ICR = LINK_ERRORS;
    while (LINK->ISR & LINK_HAS_BYTE)
        ring_write(&received, (uint8_t)LINK->RDR);
}

HARNESS_INTERRUPTS = {[USART3_IRQn] = link_interrupt};

static void link_init(uint32_t kernel_hz)
{
    stm32_pin(HARNESS_LINK_PORT, HARNESS_LINK_TX, STM32_ALTERNATE, LINK_FUNCTION);
    stm32_pin(HARNESS_LINK_PORT, HARNESS_LINK_RX, STM32_ALTERNATE, LINK_FUNCTION);
    LINK->BRR = (kernel_hz + HARNESS_BAUD_RATE / 2u) / HARNESS_BAUD_RATE;
    LINK->CR1 = LINK_FIFO; /* cannot be changed once UE is set */
    LINK->CR1 = LINK_FIFO | USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | LINK_INTERRUPT;
    NVIC_EnableIRQ(USART3_IRQn);
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
