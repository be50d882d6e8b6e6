/* A link with a rate for the host's port: up to 8 Mbaud in whole thousands, each change told in place. */
#include <stdio.h>

#include "port.h"

uint32_t port_link_rate(uint32_t wanted)
{
    return wanted <= 8000000u ? wanted / 1000u * 1000u : 0;
}

void port_link_use_rate(uint32_t rate)
{
    char told[16];
    int n = snprintf(told, sizeof told, "[%u]", (unsigned)rate);
    port_link_write((const uint8_t *)told, (size_t)n);
}
