/* Replies field by field, and errors, as firmware/PROTOCOL.md says. */
#include "reply.h"

#include <string.h>

#include "frame.h"

enum { REPLY = 0x80, ERROR_REPLY = 0xFF };

static uint16_t sequence; /* kept for the fault handler: that of the request under way */

void reply_to(uint16_t request_sequence)
{
    sequence = request_sequence;
}

void reply_begin(uint8_t request)
{
    frame_begin(request | REPLY, sequence);
}

void put_u8(uint8_t value)
{
    frame_put(&value, sizeof value);
}

void put_u16(uint16_t value)
{
    frame_put(&value, sizeof value);
}

void put_u32(uint32_t value)
{
    frame_put(&value, sizeof value);
}

void put_string(const char *text)
{
    size_t length = strlen(text);
    put_u8((uint8_t)length);
    frame_put(text, length);
}

void reply_error(struct error error)
{
    frame_begin(ERROR_REPLY, sequence);
    put_u16(error.code);
    put_u16(error.operator_index);
    put_u32((uint32_t)error.detail);
    put_string(error.text);
    frame_end();
}
