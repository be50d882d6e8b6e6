/* HELLO, DESCRIBE, INPUT, RUN, PROFILE, the pool, BAUD, METERED and errors, byte for byte as firmware/PROTOCOL.md says. */
#include "messages.h"

#include <string.h>

#include "config.h"
#include "engine.h"
#include "image_check.h"
#include "link_rate.h"
#include "metered.h"
#include "order.h"
#include "port.h"
#include "reply.h"

enum { PROTOCOL_VERSION = 2 };

enum message {
    HELLO = 0x01,
    DESCRIBE = 0x02,
    INPUT = 0x03,
    RUN = 0x04,
    PROFILE = 0x05,
    POOL = 0x06,
    RUN_SAMPLE = 0x07,
    BAUD = 0x08,
    METERED = 0x09,
};

static bool greeted;   /* by a HELLO: only then somebody may be asked to repeat */
static bool described; /* by a DESCRIBE: a model that a text command loaded is none for frames */

/* The answer to the last RUN, PROFILE or METERED, for a host that has missed it: one that is repeated is not
 * run again. The outputs lie in the arena until the next one. */
static struct {
    bool there;
    uint8_t type;
    uint16_t sequence;
    uint16_t count;
    struct error error;
    struct engine_windows windows;
} kept;

static void bad_request(int32_t detail, const char *text)
{
    reply_error(error_of(ERROR_BAD_REQUEST, detail, text));
}

/* Addresses are for the host's debugger, which has 32 of them on every Cortex-M. */
static uint32_t address(const void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

static void answer_hello(const struct memory *memory)
{
    reply_begin(HELLO);
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

    described = error.code == ERROR_NONE;
    if (!described) {
        reply_error(error);
        return;
    }
    header = image_header(memory->slot);
    reply_begin(DESCRIBE);
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

/* Each is written once: when it comes again, what follows it may be there already. */
static void answer_input(const uint8_t *payload, size_t n, enum order order)
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
    payload = order == ORDER_NEXT ? payload + sizeof request : NULL;
    error = engine_set_input(request.index, request.offset, payload, n - sizeof request);
    if (error.code != ERROR_NONE) {
        reply_error(error);
        return;
    }
    reply_begin(INPUT);
    frame_end();
}

static void answer_pool(void)
{
    reply_begin(POOL);
    put_u32(address(engine_input_buffer()));
    put_u32(HARNESS_INPUT_BYTES);
    frame_end();
}

/* The answer leaves at the rate at which it was asked. */
static void answer_baud(const uint8_t *payload)
{
    uint32_t rate;

    memcpy(&rate, payload, sizeof rate);
    rate = port_link_rate(rate);
    reply_begin(BAUD);
    put_u32(rate);
    frame_end();
    link_rate_change(rate);
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

static struct error meter(const uint8_t *payload)
{
    struct {
        uint16_t warmup, mode;
        uint32_t repeats;
    } request;

    memcpy(&request, payload, sizeof request);
    kept.count = METERED_NUMBERS;
    return metered_run(request.mode, request.warmup, request.repeats, &kept.windows);
}

/* PROFILE differs in what a window holds, RUN_SAMPLE in where its inputs lie; the answers look alike. */
static struct error measure(const struct frame *frame)
{
    const bool profile = frame->type == PROFILE;
    struct {
        uint16_t warmup, repeats;
        uint32_t sample, crc32;
    } request;
    uint32_t count;

    memcpy(&request, frame->payload, frame->payload_bytes);
    count = profile ? engine_profile_windows() : request.repeats;
    kept.count = (uint16_t)count;
    if (count == 0 || count > HARNESS_MAX_REPEATS)
        return error_of(ERROR_BAD_REQUEST, (int32_t)count, profile ? "operators" : "repeats");
    if (frame->type == RUN_SAMPLE) {
        const struct error error = engine_take_sample(request.sample, request.crc32);
        if (error.code != ERROR_NONE)
            return error;
    }
    return profile ? engine_profile(request.warmup, &kept.windows) : engine_run(request.warmup, count, &kept.windows);
}

static void answer_kept(const struct model *model)
{
    if (kept.error.code != ERROR_NONE) {
        reply_error(kept.error);
        return;
    }
    reply_begin(kept.type);
    put_u16(kept.count);
    put_u16(image_header(model->image)->output_count);
    put_u32(kept.windows.link_interrupts);
    frame_put(kept.windows.ticks, kept.count * sizeof kept.windows.ticks[0]);
    put_outputs(model);
    frame_end();
}

/* Each is run once, however often it comes. */
static void answer_windows(const struct model *model, const struct frame *frame, enum order order)
{
    if (order == ORDER_NEXT) {
        kept.there = false;
        kept.error = frame->type == METERED ? meter(frame->payload) : measure(frame);
        kept.type = frame->type;
        kept.sequence = frame->sequence;
        kept.there = true;
    }
    if (kept.there && kept.sequence == frame->sequence)
        answer_kept(model);
    else
        messages_damaged();
}

/* Payload bytes of a request of fixed size; INPUT has any size. */
static bool size_is_right(const struct frame *request)
{
    switch (request->type) {
    case HELLO:
        return request->payload_bytes == 2;
    case DESCRIBE:
    case POOL:
        return request->payload_bytes == 0;
    case RUN_SAMPLE:
        return request->payload_bytes == 12;
    case METERED:
        return request->payload_bytes == 8;
    case RUN:
    case PROFILE:
    case BAUD:
        return request->payload_bytes == 4;
    default:
        return true;
    }
}

static void answer_no_model(const struct memory *memory)
{
    uint32_t magic = memory->slot_bytes < sizeof(struct image_header) ? 0 : image_header(memory->slot)->magic;
    reply_error(error_of(ERROR_NO_MODEL, (int32_t)magic, "DESCRIBE was not asked, or failed"));
}

static void answer_in_order(const struct frame *request, enum order order)
{
    if (order == ORDER_EARLY)
        messages_damaged();
    else if (request->type == INPUT)
        answer_input(request->payload, request->payload_bytes, order);
    else if (request->type == POOL)
        answer_pool();
    else if (request->type == BAUD)
        answer_baud(request->payload);
    else
        answer_windows(engine_model(), request, order);
}

void messages_damaged(void)
{
    if (!greeted)
        return;
    reply_to(order_awaited);
    reply_error(error_of(ERROR_LOST, 0, ""));
}

/* What a host says first, and again after it has lost its bearings. */
static enum order order_of(const struct frame *request)
{
    if (request->type > DESCRIBE)
        return order_take(request->sequence);
    order_start(request->sequence);
    kept.there = false;
    greeted |= request->type == HELLO;
    return ORDER_NEXT;
}

void messages_answer(const struct memory *memory, const struct frame *request)
{
    const enum order order = order_of(request);

    link_rate_heard(request->type != HELLO);
    reply_to(request->sequence);
    if (request->flags != 0)
        bad_request(request->flags, "flags");
    else if (!size_is_right(request))
        bad_request((int32_t)request->payload_bytes, "payload size");
    else if (request->type == HELLO)
        answer_hello(memory);
    else if (request->type == DESCRIBE)
        answer_describe(memory);
    else if (request->type > METERED || request->type == 0)
        bad_request(request->type, "type");
    else if (request->type == BAUD ? !greeted && order == ORDER_EARLY : !described)
        answer_no_model(memory);
    else
        answer_in_order(request, order);
}
