/* The link of a port over Arm's CMSDK UART: bytes come by interrupt and go by polling.
 *
 * Include it in port.c alone, behind CMSDK_UART (its address), CMSDK_UART_RX_IRQ and what cmsdk_gate.h wants.
 * Registers: CMSDK Technical Reference Manual (DDI 0479), APB UART; Armv7-M Architecture Reference
 * Manual, B3.4 (NVIC). */
#ifndef HARNESS_CMSDK_LINK_H
#define HARNESS_CMSDK_LINK_H

#include "cmsdk_gate.h"
#include "port.h"
#include "ring.h"
#include "vectors.h"

#define UART_REGISTER(offset) (*(volatile uint32_t *)(CMSDK_UART + (offset)))
#define UART_DATA UART_REGISTER(0x00u)
#define UART_STATE UART_REGISTER(0x04u)
#define UART_CTRL UART_REGISTER(0x08u)
#define UART_INTCLEAR UART_REGISTER(0x0Cu)
#define UART_BAUDDIV UART_REGISTER(0x10u)
#define STATE_TX_FULL (1u << 0)
#define STATE_RX_FULL (1u << 1)
#define CTRL_TX_ENABLE (1u << 0)
#define CTRL_RX_ENABLE (1u << 1)
#define CTRL_RX_INTERRUPT (1u << 3)
#define INT_RX (1u << 1)
#define BAUDDIV_MIN 16u /* as fast as the UART goes; QEMU does not wait at all */

#define NVIC_ISER(n) (*(volatile uint32_t *)(0xE000E100u + 4u * (n)))

static struct ring received;
static volatile uint32_t interrupts;

/* Drains what comes in a burst. The interrupt is cleared before the bytes are taken, so none is missed;
 * the last one of a burst finds nothing, for its byte is gone already. */
static void uart_rx(void)
{
    interrupts++;
    UART_INTCLEAR = INT_RX;
    while (UART_STATE & STATE_RX_FULL)
        ring_write(&received, (uint8_t)UART_DATA);
}

HARNESS_INTERRUPTS = {[CMSDK_UART_RX_IRQ] = uart_rx};

static void link_init(void)
{
    UART_BAUDDIV = BAUDDIV_MIN;
    UART_CTRL = CTRL_TX_ENABLE | CTRL_RX_ENABLE | CTRL_RX_INTERRUPT;
    NVIC_ISER(CMSDK_UART_RX_IRQ / 32) = 1u << CMSDK_UART_RX_IRQ % 32;
    gate_init();
}

int port_link_read(void)
{
    return ring_read(&received);
}

void port_link_wait(void)
{
    gate_sleeps();
    /* With interrupts masked a byte cannot slip in between the look and the sleep: it stays pending
     * and ends the WFI. */
    __asm volatile("cpsid i" ::: "memory");
    if (ring_is_empty(&received))
        __asm volatile("wfi" ::: "memory");
    __asm volatile("cpsie i" ::: "memory");
}

void port_link_write(const uint8_t *data, size_t n)
{
    for (const uint8_t *end = data + n; data != end; data++) {
        while (UART_STATE & STATE_TX_FULL)
            ;
        UART_DATA = *data;
    }
}

uint32_t port_link_interrupts(void)
{
    return interrupts;
}

#endif
