/* Refusals of the device: the error codes of firmware/PROTOCOL.md. */
#ifndef HARNESS_DEVICE_ERROR_H
#define HARNESS_DEVICE_ERROR_H

#include <stdint.h>

enum error_code {
    ERROR_NONE = 0,
    ERROR_BAD_REQUEST = 1,
    ERROR_NO_MODEL = 2,
    ERROR_BAD_MODEL = 3,
    ERROR_NO_KERNEL = 4,
    ERROR_ARENA_TOO_SMALL = 5,
    ERROR_SCRATCH_TOO_SMALL = 6,
    ERROR_KERNEL_REFUSED = 7,
    ERROR_COUNTER_OVERFLOW = 8,
    ERROR_FAULT = 9,
    ERROR_INPUT_TOO_LARGE = 10,
    ERROR_LOST = 11,
    ERROR_WRONG_INPUT = 12,
    ERROR_NO_PIN = 13,
};

/* Detail of ERROR_BAD_MODEL: which check failed. */
enum model_check {
    CHECK_VERSION = 1,
    CHECK_SIZE = 2,
    CHECK_CRC = 3,
    CHECK_OFFSETS = 4,
    CHECK_RECORD = 5,
};

#define ERROR_NO_OPERATOR 0xFFFFu

struct error {
    uint16_t code;
    uint16_t operator_index; /* ERROR_NO_OPERATOR where none is concerned */
    int32_t detail;
    const char *text; /* ASCII, at most 255 bytes */
};

static inline struct error no_error(void)
{
    return (struct error){ERROR_NONE, ERROR_NO_OPERATOR, 0, ""};
}

static inline struct error error_of(enum error_code code, int32_t detail, const char *text)
{
    return (struct error){(uint16_t)code, ERROR_NO_OPERATOR, detail, text};
}

static inline struct error error_at(enum error_code code, uint32_t operator_index, int32_t detail, const char *text)
{
    return (struct error){(uint16_t)code, (uint16_t)operator_index, detail, text};
}

#endif
