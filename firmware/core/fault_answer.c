/* A processor fault in words, as the answer to the request under way. */
#include "engine.h"
#include "messages.h"
#include "port.h"
#include "reply.h"

/* Append "name=0x%08x" and return the new end. */
static char *append_register(char *at, const char *name, uint32_t value)
{
    while (*name != '\0')
        *at++ = *name++;
    *at++ = '=';
    *at++ = '0';
    *at++ = 'x';
    for (int shift = 28; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[value >> shift & 15u];
    *at = '\0';
    return at;
}

void messages_fault(const struct fault_registers *registers)
{
    static char text[80];
    char *at = append_register(text, "pc", registers->pc);

    at = append_register(at, " lr", registers->lr);
    at = append_register(at, " hfsr", registers->hfsr);
    append_register(at, " bfar", registers->bfar);
    port_link_write(&(const uint8_t){0}, 1); /* a reply may have been cut off by the fault */
    reply_error(error_at(ERROR_FAULT, engine_operator_in_flight(), (int32_t)registers->cfsr, text));
}
