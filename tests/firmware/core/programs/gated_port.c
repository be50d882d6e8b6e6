/* Pins for the host's port: each level that one is given is told in place, H and L, and O and o for operators. */
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
