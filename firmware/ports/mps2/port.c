/* Arm MPS2 with FPGA images AN385 (M3), AN386 (M4F), AN500 (M7), as QEMU models them: UART0 and SysTick.
 *
 * Under `-icount shift=0` a tick is 40 instructions, so the counter ends at 671 M of them.
 * Registers: CMSDK Technical Reference Manual (DDI 0479), APB UART; Armv7-M Architecture Reference
 * Manual, B3.3 (SysTick) and B3.4 (NVIC); clock and addresses: Application Note AN385. */
#include "port.h"

#include "ring.h"
#include "vectors.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CTRL REGISTER(0x40004008u)
#define UART_INTCLEAR REGISTER(0x4000400Cu)
#define UART_BAUDDIV REGISTER(0x40004010u)
#define STATE_TX_FULL (1u << 0)
#define STATE_RX_FULL (1u << 1)
#define CTRL_TX_ENABLE (1u << 0)
#define CTRL_RX_ENABLE (1u << 1)
#define CTRL_RX_INTERRUPT (1u << 3)
#define INT_RX (1u << 1)
#define BAUDDIV_MIN 16u /* as fast as the UART goes; QEMU does not wait at all */

#define SYST_CSR REGISTER(0xE000E010u)
#define SYST_RVR REGISTER(0xE000E014u)
#define SYST_CVR REGISTER(0xE000E018u)
#define CSR_ENABLE (1u << 0)
#define CSR_PROCESSOR_CLOCK (1u << 2)
#define CSR_COUNTFLAG (1u << 16)
#define SYST_TOP 0x00FFFFFFu

#define NVIC_ISER0 REGISTER(0xE000E100u)
#define IRQ_UART0_RX 0

#define CLOCK_HZ 25000000u

static struct ring received;
static volatile uint32_t interrupts;

/* Drains what comes in a burst. The interrupt is cleared before the bytes are taken, so none is missed;
 * the last one of a burst finds nothing, for its byte is gone already. */
static void uart0_rx(void)
{
    interrupts++;
    UART_INTCLEAR = INT_RX;
    while (UART_STATE & STATE_RX_FULL)
        ring_write(&received, (uint8_t)UART_DATA);
}

HARNESS_INTERRUPTS = {uart0_rx};

void port_init(void)
{
    UART_BAUDDIV = BAUDDIV_MIN;
    UART_CTRL = CTRL_TX_ENABLE | CTRL_RX_ENABLE | CTRL_RX_INTERRUPT;
    NVIC_ISER0 = 1u << IRQ_UART0_RX;
    SYST_RVR = SYST_TOP;
}

void port_ticks_restart(void)
{
    SYST_CSR = 0;
    SYST_CVR = 0; /* and COUNTFLAG; the first tick loads SYST_TOP */
    SYST_CSR = CSR_PROCESSOR_CLOCK | CSR_ENABLE;
}

uint64_t port_ticks(void)
{
    uint32_t value = SYST_CVR;
    return SYST_CSR & CSR_COUNTFLAG ? PORT_TICKS_OVERFLOW : (0u - value) & SYST_TOP;
}

const struct port_counter *port_counter(void)
{
    static const struct port_counter counter = {"systick-icount", CLOCK_HZ};
    return &counter;
}

uint32_t port_clock_hz(void)
{
    return CLOCK_HZ;
}

int port_link_read(void)
{
    return ring_read(&received);
}

void port_link_wait(void)
{
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

bool port_gate(bool high)
{
    (void)high; /* QEMU's GPIO of these boards is a placeholder */
    return false;
}
