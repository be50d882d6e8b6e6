/* HELLO, DESCRIBE, INPUT, RUN, PROFILE and errors, byte for byte as firmware/PROTOCOL.md says. */
#include "messages.h"

#include <string.h>

#include "config.h"
#include "engine.h"
#include "image_check.h"
#include "port.h"

enum { PROTOCOL_VERSION = 1 };

enum message {
    HELLO = 0x01,
    DESCRIBE = 0x02,
    INPUT = 0x03,
    RUN = 0x04,
    PROFILE = 0x05,
    REPLY = 0x80,
    ERROR_REPLY = 0xFF,
};

static uint16_t sequence; /* of the request under way, for the fault handler */

static void put_u8(uint8_t value)
{
    frame_put(&value, sizeof value);
}

static void put_u16(uint16_t value)
{
    frame_put(&value, sizeof value);
}

static void put_u32(uint32_t value)
{
    frame_put(&value, sizeof value);
}

static void put_string(const char *text)
{
    size_t length = strlen(text);
    put_u8((uint8_t)length);
    frame_put(text, length);
}

static void begin_reply(enum message request)
{
    frame_begin((uint8_t)(request | REPLY), sequence);
}

static void answer_error(struct error error)
{
    frame_begin(ERROR_REPLY, sequence);
    put_u16(error.code);
    put_u16(error.operator_index);
    put_u32((uint32_t)error.detail);
    put_string(error.text);
    frame_end();
}

static void bad_request(int32_t detail, const char *text)
{
    answer_error(error_of(ERROR_BAD_REQUEST, detail, text));
}

/* Addresses are for the host's debugger, which has 32 of them on every Cortex-M. */
static uint32_t address(const void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

static void answer_hello(const struct memory *memory)
{
    begin_reply(HELLO);
    put_u16(PROTOCOL_VERSION);
    put_u16(HARNESS_MAX_PAYLOAD);
    put_u32(HARNESS_RECEIVE_WINDOW);
    put_u32(port_clock_hz());
    put_u32(port_counter()->hz);
    put_u32(address(memory->slot));
    put_u32(memory->slot_bytes);
    put_u32(address(memory->arena));
    put_u32(memory->arena_bytes);
    frame_put(memory->build_id, BUILD_ID_BYTES);
    put_string(HARNESS_TARGET);
    put_string(HARNESS_KERNEL_SET);
    put_string(port_counter()->name);
    frame_end();
}

static void answer_describe(const struct memory *memory)
{
    struct error error = engine_load(memory);
    const struct image_header *header;

    if (error.code != ERROR_NONE) {
        answer_error(error);
        return;
    }
    header = image_header(memory->slot);
    begin_reply(DESCRIBE);
    put_u32(header->crc32);
    put_u32(header->image_bytes);
    frame_put(header->source_sha256, sizeof header->source_sha256);
    put_u32(header->arena_bytes);
    put_u16(header->input_count);
    put_u16(header->output_count);
    for (uint32_t i = 0; i < (uint32_t)header->input_count + header->output_count; i++)
        put_u32(engine_io(i)->bytes);
    put_u16((uint16_t)header->operator_count);
    put_u16(0);
    engine_each_scratch(put_u32);
    frame_end();
}

static void answer_input(const uint8_t *payload, size_t n)
{
    struct {
        uint16_t index, zero;
        uint32_t offset;
    } request;
    struct error error;

    if (n < sizeof request) {
        bad_request((int32_t)n, "payload size");
        return;
    }
    memcpy(&request, payload, sizeof request);
    error = engine_set_input(request.index, request.offset, payload + sizeof request, n - sizeof request);
    if (error.code != ERROR_NONE) {
        answer_error(error);
        return;
    }
    begin_reply(INPUT);
    frame_end();
}

static void put_outputs(const struct model *model)
{
    const struct image_header *header = image_header(model->image);

    for (uint32_t i = 0; i < header->output_count; i++) {
        const struct image_tensor *output = engine_io(header->input_count + i);
        put_u32(output->bytes);
        frame_put(tensor_data(model, output), output->bytes);
    }
}

/* RUN and PROFILE differ in what a window holds; their answers look alike. */
static void answer_windows(const struct model *model, const struct frame *frame)
{
    static struct engine_windows windows;
    const bool profile = frame->type == PROFILE;
    struct {
        uint16_t warmup, repeats;
    } request;
    struct error error;
    uint32_t count;

    memcpy(&request, frame->payload, sizeof request);
    count = profile ? engine_profile_windows() : request.repeats;
    if (count == 0 || count > HARNESS_MAX_REPEATS) {
        bad_request((int32_t)count, profile ? "operators" : "repeats");
        return;
    }
    error = profile ? engine_profile(request.warmup, &windows) : engine_run(request.warmup, count, &windows);
    if (error.code != ERROR_NONE) {
        answer_error(error);
        return;
    }
    begin_reply(frame->type);
    put_u16((uint16_t)count);
    put_u16(image_header(model->image)->output_count);
    put_u32(windows.link_interrupts);
    frame_put(windows.ticks, count * sizeof windows.ticks[0]);
    put_outputs(model);
    frame_end();
}

/* Payload bytes of a request of fixed size; INPUT has any size. */
static bool size_is_right(const struct frame *request)
{
    switch (request->type) {
    case HELLO:
        return request->payload_bytes == 2;
    case DESCRIBE:
        return request->payload_bytes == 0;
    case RUN:
    case PROFILE:
        return request->payload_bytes == 4;
    default:
        return true;
    }
}

static void answer_of_model(const struct memory *memory, const struct frame *request)
{
    const struct model *model = engine_model();

    if (model == NULL) {
        uint32_t magic = memory->slot_bytes < sizeof(struct image_header) ? 0 : image_header(memory->slot)->magic;
        answer_error(error_of(ERROR_NO_MODEL, (int32_t)magic, "DESCRIBE was not asked, or failed"));
    } else if (request->type == INPUT) {
        answer_input(request->payload, request->payload_bytes);
    } else {
        answer_windows(model, request);
    }
}

void messages_answer(const struct memory *memory, const struct frame *request)
{
    sequence = request->sequence;
    if (request->flags != 0)
        bad_request(request->flags, "flags");
    else if (!size_is_right(request))
        bad_request((int32_t)request->payload_bytes, "payload size");
    else if (request->type == HELLO)
        answer_hello(memory);
    else if (request->type == DESCRIBE)
        answer_describe(memory);
    else if (request->type >= INPUT && request->type <= PROFILE)
        answer_of_model(memory, request);
    else
        bad_request(request->type, "type");
}

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
    answer_error(error_at(ERROR_FAULT, engine_operator_in_flight(), (int32_t)registers->cfsr, text));
}
