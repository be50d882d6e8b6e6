/* What the portable core asks of a board: ten functions; a missing one is a link error. */
#ifndef HARNESS_PORT_H
#define HARNESS_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port_counter {
    const char *name; /* "dwt-cyccnt", "systick-icount", ... */
    uint32_t hz;      /* ticks per second of the port's own time base */
};

/* The largest value port_ticks() returns when the window was longer than the counter can tell. */
#define PORT_TICKS_OVERFLOW UINT64_MAX

void port_init(void);                       /* clocks, link, counter; called once, first */
void port_ticks_restart(void);              /* start of a window: the next tick is a whole one */
uint64_t port_ticks(void);                  /* ticks since the restart, or PORT_TICKS_OVERFLOW */
const struct port_counter *port_counter(void);
uint32_t port_clock_hz(void);               /* never 0: a port that does not know must not link */
int port_link_read(void);                   /* next received byte, or -1 */
void port_link_wait(void);                  /* sleep until a byte may be there */
void port_link_write(const uint8_t *data, size_t n);
uint32_t port_link_interrupts(void);        /* interrupts taken by the link since port_init() */
bool port_gate(bool high);                  /* tells a power meter; false: there is no such pin */

#endif
