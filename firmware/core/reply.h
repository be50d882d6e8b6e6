/* The fields of a reply, and the reply that is an error. */
#ifndef HARNESS_REPLY_H
#define HARNESS_REPLY_H

#include <stdint.h>

#include "device_error.h"

/* Give all replies from now on this sequence number. */
void reply_to(uint16_t sequence);

/* Begin the reply to a request of this type; frame_end() ends it. */
void reply_begin(uint8_t request);

void put_u8(uint8_t value);
void put_u16(uint16_t value);
void put_u32(uint32_t value);
void put_string(const char *text);

/* Send a whole error reply. */
void reply_error(struct error error);

#endif
