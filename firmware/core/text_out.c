/* Text to the link, a word at a time. */
#include "text_out.h"

#include "port.h"

static void put_character(char character)
{
    port_link_write((const uint8_t *)&character, 1);
}

void put_text(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    port_link_write((const uint8_t *)text, length);
}

uint32_t divide(uint64_t *value, uint32_t by)
{
    uint64_t rest = 0;

    for (int bit = 0; bit < 64; bit++) {
        rest = rest << 1 | *value >> 63;
        *value <<= 1;
        if (rest >= by) {
            rest -= by;
            *value |= 1;
        }
    }
    return (uint32_t)rest;
}

/* With a point before the last `decimals` digits, and at least one digit before it. */
static void put_number(uint64_t value, int32_t decimals)
{
    char digits[22];
    char *at = digits + sizeof digits - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + divide(&value, 10));
        if (--decimals == 0)
            *--at = '.';
    } while (value != 0 || decimals >= 0);
    put_text(at);
}

void put_decimal(uint64_t value)
{
    put_number(value, 0);
}

void put_hex8(uint8_t value)
{
    for (uint32_t shift = 8; shift != 0;)
        put_character("0123456789abcdef"[value >> (shift -= 4) & 15]);
}

void put_thousandths(int32_t value)
{
    if (value < 0)
        put_character('-');
    put_number(value < 0 ? 0u - (uint32_t)value : (uint32_t)value, 3);
}
