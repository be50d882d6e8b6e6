/* What the portable core asks of a board: ten functions, of which a missing one is a link error, two
 * for a link with a rate, one for a second pin, and one for a clock that runs on. */
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

/* A port that has these two also returns from port_link_wait() a few times a second after a window. */
uint32_t port_link_rate(uint32_t wanted);   /* baud it would really use; 0: none within 2 % of `wanted` */
void port_link_use_rate(uint32_t rate);     /* when all that was written has left; 0: that of the start */

bool port_operator_pin(bool high);          /* a second pin, for borders of operators; false: none */

/* A clock of 32 bits that no window restarts and no sleep stops, for a meter that sees no pin; it wraps.
 * `*hz`, its rate: 100 kHz at least; 0: there is none. */
uint32_t port_clock_now(uint32_t *hz);

#endif
