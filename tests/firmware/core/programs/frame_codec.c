/* The frame code on its own, one request per line: `e TYPE SEQUENCE HEX` encodes, `d HEX` decodes.
 *
 * Answers in lines: the wire bytes in hex; or TYPE SEQUENCE FLAGS HEX per good frame of the input,
 * then `dropped N`. A payload is encoded in two pieces, to show that pieces do not matter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "port.h"

static char line[200000];
static uint8_t bytes[100000];

void port_link_write(const uint8_t *data, size_t n)
{
    while (n-- > 0)
        printf("%02x", *data++);
}

static size_t from_hex(const char *text)
{
    size_t n = 0;
    unsigned value;
    while (sscanf(text + 2 * n, "%2x", &value) == 1)
        bytes[n++] = (uint8_t)value;
    return n;
}

static void encode(const char *arguments)
{
    char *rest;
    unsigned long type = strtoul(arguments, &rest, 16);
    unsigned long sequence = strtoul(rest, &rest, 10);
    size_t n = from_hex(*rest ? rest + 1 : rest);

    frame_begin((uint8_t)type, (uint16_t)sequence);
    frame_put(bytes, n / 3);
    frame_put(bytes + n / 3, n - n / 3);
    frame_end();
    printf("\n");
}

static void decode(const char *hex)
{
    static struct frame_decoder decoder;
    struct frame frame;
    size_t n = from_hex(hex);

    memset(&decoder, 0, sizeof decoder);
    for (size_t i = 0; i < n; i++) {
        if (!frame_push(&decoder, bytes[i], &frame))
            continue;
        printf("%02x %u %u ", frame.type, frame.sequence, frame.flags);
        port_link_write(frame.payload, frame.payload_bytes);
        printf("\n");
    }
    printf("dropped %u\n", decoder.dropped);
}

int main(void)
{
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == 'e')
            encode(line + 2);
        else
            decode(line + 2);
        fflush(stdout);
    }
    return 0;
}
