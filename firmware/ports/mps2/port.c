/* Arm MPS2 with FPGA images AN385 (M3), AN386 (M4F), AN500 (M7), as QEMU models them: UART0 and timer 0.
 *
 * The timer ticks as exactly as SysTick does, but wraps after 2^32 ticks, not after 2^24: that is
 * 171 G instead of 671 M instructions under `-icount shift=0` (40 instructions per tick).
 * Registers: CMSDK Technical Reference Manual (DDI 0479), APB UART and APB timer; Armv7-M Architecture
 * Reference Manual, B3.4 (NVIC); clock and addresses: Application Note AN385. */
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

#define TIMER_CTRL REGISTER(0x40000000u)
#define TIMER_VALUE REGISTER(0x40000004u)
#define TIMER_RELOAD REGISTER(0x40000008u)
#define TIMER_INT REGISTER(0x4000000Cu) /* status when read, clear when written */
#define TIMER_ENABLE (1u << 0)
#define TIMER_INTERRUPT (1u << 3) /* sets TIMER_INT at a wrap; the NVIC does not listen */
#ifdef HARNESS_TIMER_TOP /* for tests, which cannot wait for 2^32 ticks */
#define TIMER_TOP HARNESS_TIMER_TOP
#else
#define TIMER_TOP 0xFFFFFFFFu
#endif

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
    TIMER_RELOAD = TIMER_TOP;
}

void port_ticks_restart(void)
{
    TIMER_CTRL = 0;
    TIMER_VALUE = TIMER_TOP;
    TIMER_INT = 1;
    TIMER_CTRL = TIMER_ENABLE | TIMER_INTERRUPT;
}

uint64_t port_ticks(void)
{
    uint32_t value = TIMER_VALUE;
    return TIMER_INT != 0 ? PORT_TICKS_OVERFLOW : TIMER_TOP - value;
}

const struct port_counter *port_counter(void)
{
    static const struct port_counter counter = {"cmsdk-timer-icount", CLOCK_HZ};
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
