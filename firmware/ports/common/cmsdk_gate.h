/* The pins of QEMU's MPS boards, whose GPIO is a placeholder: UART1 tells what happens to them, and when.
 *
 * Include it in port.c alone, behind HARNESS_FPGAIO (address of the board's I/O block) and FPGAIO_HZ (of the
 * cycle counter in it, which nothing stops: the board's clock that runs on). A record is three little-endian
 * words: GATE_RECORD with one of `enum told` in its lowest byte, the counter, FPGAIO_HZ. Where nobody listens
 * QEMU drops the bytes.
 * Registers: Application Notes AN385, AN505 and AN547 (FPGA system control and I/O), DDI 0479 (UART). */
#ifndef HARNESS_CMSDK_GATE_H
#define HARNESS_CMSDK_GATE_H

#include "port.h"

#define UART1_REGISTER(offset) (*(volatile uint32_t *)(CMSDK_UART + 0x1000u + (offset)))
#define FPGAIO_COUNTER (*(volatile uint32_t *)(HARNESS_FPGAIO + 0x18u))
#define GATE_RECORD 0x47415400u

enum told { GATE_LOW, GATE_HIGH, OPERATOR_LOW, OPERATOR_HIGH, ASLEEP, STARTED };

static bool gate_moved; /* since the core slept */

__attribute__((cold, noinline)) static void gate_tell(enum told what)
{
    const uint32_t record[] = {GATE_RECORD | (uint32_t)what, FPGAIO_COUNTER, FPGAIO_HZ};
    const uint8_t *byte = (const uint8_t *)record;

    gate_moved = what < ASLEEP;
    for (const uint8_t *end = byte + sizeof record; byte != end; byte++) {
        while (UART1_REGISTER(0x04u) & 1u) /* full */
            ;
        UART1_REGISTER(0x00u) = *byte;
    }
}

static void gate_init(void)
{
    UART1_REGISTER(0x10u) = 16u; /* as fast as it goes */
    UART1_REGISTER(0x08u) = 1u;  /* transmits */
    gate_tell(STARTED);
}

/* From now on time is the host's: how long the core waits for it tells nothing of the board. */
static void gate_sleeps(void)
{
    if (gate_moved)
        gate_tell(ASLEEP);
}

bool port_gate(bool high)
{
    gate_tell(high ? GATE_HIGH : GATE_LOW);
    return true;
}

bool port_operator_pin(bool high)
{
    gate_tell(high ? OPERATOR_HIGH : OPERATOR_LOW);
    return true;
}

uint32_t port_clock_now(uint32_t *hz)
{
    *hz = FPGAIO_HZ;
    return FPGAIO_COUNTER;
}

#endif
