/* Which bytes of the link are text commands; PROTOCOL.md, "Text". */
#ifndef HARNESS_TEXT_LINE_H
#define HARNESS_TEXT_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* The reference firmware keeps 80 characters; the longest command a runner sends has 66. */
enum { TEXT_LINE_MAX = 80, TEXT_LINE_END = '%', FRAME_FIRST_BYTE = 0x02 };

struct text_line {
    char text[TEXT_LINE_MAX + 1];
    uint8_t length;
    bool inside;   /* a byte came since the last delimiter */
    bool in_frame; /* and the first of them was a frame's */
};

/* Take one byte; true when it ends a command, which is line->text then. The first byte of a frame
 * counts the bytes to its first zero, and that is the flags behind the type: no command begins so. An
 * empty command asks for nothing, and what is too long is cut. */
static inline bool text_line_push(struct text_line *line, uint8_t byte)
{
    if (byte == 0 || !line->inside) {
        line->length = 0;
        line->inside = byte != 0;
        line->in_frame = byte == FRAME_FIRST_BYTE;
    }
    if (byte == 0 || line->in_frame)
        return false;
    if (byte == TEXT_LINE_END) {
        line->text[line->length] = '\0';
        line->inside = false;
        return line->length > 0;
    }
    if (byte >= 0x20 && byte < 0x7F && line->length < TEXT_LINE_MAX)
        line->text[line->length++] = (char)byte;
    return false;
}

#endif
