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

void put_decimal(uint64_t value)
{
    char digits[21];
    char *at = digits + sizeof digits - 1;

    *at = '\0';
    do
        *--at = (char)('0' + divide(&value, 10));
    while (value != 0);
    put_text(at);
}

void put_hex8(uint8_t value)
{
    put_character("0123456789abcdef"[value >> 4]);
    put_character("0123456789abcdef"[value & 15]);
}

void put_thousandths(int32_t value)
{
    uint32_t size = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;

    if (value < 0)
        put_character('-');
    put_decimal(size / 1000);
    put_character('.');
    for (uint32_t unit = 100; unit != 0; unit /= 10)
        put_character((char)('0' + size / unit % 10));
}
