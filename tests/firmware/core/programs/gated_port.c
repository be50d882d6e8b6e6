/* Pins for the host's port: each level that one is given is told in place, H and L, and O and o for operators,
 * and c each look at a clock that wraps between two of them. */
#include "port.h"

static bool tell(const char *letter)
{
    port_link_write((const uint8_t *)letter, 1);
    return true;
}

bool port_gate(bool high)
{
    return tell(high ? "H" : "L");
}

bool port_operator_pin(bool high)
{
    return tell(high ? "O" : "o");
}

uint32_t port_clock_now(uint32_t *hz)
{
    static uint32_t now = 0xFFFFFFFFu - 1500u;

    (void)tell("c");
    *hz = 1000000u;
    return now += 1500u;
}
