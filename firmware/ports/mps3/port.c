/* Arm MPS3 with FPGA image AN547 (Corstone SSE-300, M55), as QEMU models it: UART0, the system
 * counter, and UART1 in place of pins.
 *
 * The system counter has 64 bits and counts at 32 MHz, 31.25 instructions per tick under `-icount shift=0`:
 * it never wraps in a window. The core stays in Secure state, and the SAU stays off, so that each address
 * is reached securely.
 * Registers: SSE-123 Technical Reference Manual (101370), system counter; addresses, interrupts and clock:
 * SSE-300 Technical Reference Manual (101773) and Application Note AN547. */
#define CMSDK_UART 0x59303000u
#define CMSDK_UART_RX_IRQ 33
#define HARNESS_FPGAIO 0x59302000u
#define FPGAIO_HZ 20000000u
#include "cmsdk_link.h"

#define COUNTER_REGISTER(offset) (*(volatile uint32_t *)(0x58100000u + (offset)))
#define COUNTER_CNTCR COUNTER_REGISTER(0x0u)
#define COUNTER_CNTCV_LOW COUNTER_REGISTER(0x8u)
#define COUNTER_CNTCV_HIGH COUNTER_REGISTER(0xCu)
#define CNTCR_ENABLE (1u << 0)

#define CLOCK_HZ 32000000u

void port_init(void)
{
    link_init();
}

void port_ticks_restart(void)
{
    COUNTER_CNTCR = 0;
    COUNTER_CNTCV_HIGH = 0;
    COUNTER_CNTCV_LOW = 0;
    COUNTER_CNTCR = CNTCR_ENABLE;
}

uint64_t port_ticks(void)
{
    COUNTER_CNTCR = 0; /* so that both halves are of the same moment */
    uint32_t low = COUNTER_CNTCV_LOW;
    return (uint64_t)COUNTER_CNTCV_HIGH << 32 | low;
}

const struct port_counter *port_counter(void)
{
    static const struct port_counter counter = {"sse-counter-icount", CLOCK_HZ};
    return &counter;
}

uint32_t port_clock_hz(void)
{
    return CLOCK_HZ;
}
