/* Is a request the next one, one again, or one too early? PROTOCOL.md, "Lost and repeated". */
#ifndef HARNESS_ORDER_H
#define HARNESS_ORDER_H

#include <stdint.h>

enum order {
    ORDER_NEXT,
    ORDER_AGAIN, /* it was taken before: the host has missed the answer */
    ORDER_EARLY, /* a request before it was lost */
};

static uint16_t order_awaited; /* sequence number of the next request */

/* HELLO and DESCRIBE begin a new count with whatever number they have. */
static inline void order_start(uint16_t sequence)
{
    order_awaited = (uint16_t)(sequence + 1u);
}

/* Numbers wrap, so what is up to half their range behind counts as taken. */
static inline enum order order_take(uint16_t sequence)
{
    const uint16_t ahead = (uint16_t)(sequence - order_awaited);
    if (ahead == 0)
        order_start(sequence);
    return ahead == 0 ? ORDER_NEXT : ahead < 0x8000u ? ORDER_EARLY : ORDER_AGAIN;
}

#endif
