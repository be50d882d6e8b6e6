/* Text to the link: words, numbers and thousandths, without a C library's printf. */
#ifndef HARNESS_TEXT_OUT_H
#define HARNESS_TEXT_OUT_H

#include <stdint.h>

void put_text(const char *text);
void put_decimal(uint64_t value);
void put_hex8(uint8_t value);

/* As printf's %0.3f, of thousandths. */
void put_thousandths(int32_t value);

/* Divide *value in place and return the remainder: no library division of 64 bits is linked for it. */
uint32_t divide(uint64_t *value, uint32_t by);

#endif
