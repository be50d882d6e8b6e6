/* When the link's rate changes, and when it falls back: PROTOCOL.md, "Rate". */
#include "link_rate.h"

#include "port.h"

enum { MOST_DAMAGED = 3, TRIALS_PER_SECOND = 2 };

static uint32_t in_use; /* 0: that of the start */
static bool on_trial;
static unsigned damaged; /* frames since the last good one */

/* For a port whose link has no rate. */
__attribute__((weak)) uint32_t port_link_rate(uint32_t wanted)
{
    (void)wanted;
    return 0;
}

__attribute__((weak)) void port_link_use_rate(uint32_t rate)
{
    (void)rate;
}

static void use(uint32_t rate)
{
    in_use = rate;
    on_trial = rate != 0;
    damaged = 0;
    port_link_use_rate(rate);
}

void link_rate_change(uint32_t rate)
{
    if (rate == 0 || rate == in_use)
        return;
    use(rate);
    port_ticks_restart();
}

void link_rate_heard(bool proves)
{
    damaged = 0;
    if (proves)
        on_trial = false;
}

void link_rate_damaged(void)
{
    if (in_use != 0 && ++damaged == MOST_DAMAGED)
        use(0);
}

void link_rate_watch(void)
{
    if (on_trial && port_ticks() >= port_counter()->hz / TRIALS_PER_SECOND)
        use(0);
}
