/* Bytes from a receive interrupt to the main loop: one writer, one reader, no lock. */
#ifndef HARNESS_RING_H
#define HARNESS_RING_H

#include <stdint.h>

#include "config.h"

/* All zero is empty. Indices run freely; their difference is the fill. */
struct ring {
    uint8_t bytes[HARNESS_RECEIVE_WINDOW];
    volatile uint32_t written; /* by the interrupt */
    volatile uint32_t taken;   /* by the main loop */
};

/* In the interrupt. A byte too many is lost; the CRC of its frame will tell. */
static inline void ring_write(struct ring *ring, uint8_t byte)
{
    uint32_t written = ring->written;
    if (written - ring->taken < HARNESS_RECEIVE_WINDOW) {
        ring->bytes[written % HARNESS_RECEIVE_WINDOW] = byte;
        __asm volatile("" ::: "memory"); /* the byte before its index */
        ring->written = written + 1u;
    }
}

static inline int ring_is_empty(const struct ring *ring)
{
    return ring->written == ring->taken;
}

/* In the main loop: the oldest byte, or -1. */
static inline int ring_read(struct ring *ring)
{
    uint32_t taken = ring->taken;
    if (taken == ring->written)
        return -1;
    uint8_t byte = ring->bytes[taken % HARNESS_RECEIVE_WINDOW];
    __asm volatile("" ::: "memory"); /* read before the place is given back */
    ring->taken = taken + 1u;
    return byte;
}

#endif
