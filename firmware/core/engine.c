/* The engine: all checks when a model is loaded, and a loop of calls inside the measured window. */
#include "engine.h"

#include <stdbool.h>
#include <string.h>

#include "crc32.h"
#include "image_check.h"
#include "metered.h"
#include "port.h"

enum { OPCODES = 6 * 256 /* of each variant in IMAGE.md */, INPUT_ALIGNMENT = 16 };

typedef int kernel_invoke(const struct model *model, const struct image_operator *op);

/* The linker's names for the ends of the section that KERNEL() fills. */
extern const struct kernel __start_kernels[], __stop_kernels[];

static kernel_invoke *invoke_of[OPCODES]; /* bound for the loaded model */
static struct model model;
static uint32_t loaded_crc32;
static bool loaded;
static struct error scratch_shortage; /* the first operator whose plan reserves too little */

/* For the fault handler: volatile, so that it is in memory before a kernel is entered. */
static volatile uint32_t in_flight = ERROR_NO_OPERATOR;

_Alignas(INPUT_ALIGNMENT) static uint8_t inputs[HARNESS_INPUT_BYTES];

static const struct image_header *header(void)
{
    return image_header(model.image);
}

static const uint8_t *first_record(void)
{
    return model.image + header()->operators_offset;
}

static const struct kernel *find_kernel(uint16_t opcode)
{
    for (const struct kernel *kernel = __start_kernels; kernel != __stop_kernels; kernel++)
        if (kernel->opcode == opcode && opcode < OPCODES)
            return kernel;
    return NULL;
}

static int prepare_operator(const struct kernel *kernel, const struct image_operator *op, uint32_t index,
                            uint32_t *needed)
{
    int status;

    *needed = 0;
    in_flight = index;
    status = kernel->prepare(&model, op, needed);
    in_flight = ERROR_NO_OPERATOR;
    return status;
}

static struct error bind_operator(const struct image_operator *op, uint32_t index)
{
    const struct kernel *kernel = find_kernel(op->opcode);
    uint32_t needed;
    int status;

    if (kernel == NULL)
        return error_at(ERROR_NO_KERNEL, index, op->opcode, "no kernel for this operator");
    status = prepare_operator(kernel, op, index, &needed);
    if (status != 0)
        return error_at(ERROR_KERNEL_REFUSED, index, status, kernel->name);
    if (op->scratch_bytes < needed && scratch_shortage.code == ERROR_NONE)
        scratch_shortage = error_at(ERROR_SCRATCH_TOO_SMALL, index, (int32_t)needed, kernel->name);
    invoke_of[op->opcode] = kernel->invoke;
    return no_error();
}

static struct error bind_operators(void)
{
    struct error error = no_error();
    const uint8_t *record = first_record();

    for (uint32_t i = 0; i < header()->operator_count && error.code == ERROR_NONE; i++) {
        error = bind_operator(image_operator_at(record), i);
        record += image_operator_at(record)->record_bytes;
    }
    return error;
}

static uint32_t rounded(uint32_t bytes)
{
    return (bytes + INPUT_ALIGNMENT - 1u) & ~(INPUT_ALIGNMENT - 1u);
}

const struct image_tensor *engine_io(uint32_t index)
{
    const uint16_t *io = (const void *)(model.image + header()->io_offset);
    return &model.tensors[io[index]];
}

static uint32_t sample_at; /* offset of the sample that runs next */

/* Inputs lie in their buffer one behind the other. */
static uint8_t *input_buffer(uint32_t index)
{
    uint8_t *at = inputs + sample_at;
    for (uint32_t i = 0; i < index; i++)
        at += rounded(engine_io(i)->bytes);
    return at;
}

static struct error check_inputs(void)
{
    uint64_t needed = 0;
    for (uint32_t i = 0; i < header()->input_count; i++)
        needed += rounded(engine_io(i)->bytes);
    if (needed > sizeof inputs)
        return error_of(ERROR_INPUT_TOO_LARGE, needed > INT32_MAX ? INT32_MAX : (int32_t)needed,
                        "all inputs together");
    return no_error();
}

/* Variables begin with zeros, those of int8 with their zero point. */
static __attribute__((noinline)) void reset_states(void)
{
    enum { INT8 = 9 };
    for (uint32_t i = 0; i < model.tensor_count; i++)
        if (model.tensors[i].place == IMAGE_IN_STATE)
            memset(model.arena + model.tensors[i].offset, model.tensors[i].dtype == INT8 ? model.tensors[i].zero_point : 0,
                   model.tensors[i].bytes);
}

struct error engine_load(const struct memory *memory)
{
    struct error error;

    loaded = false;
    scratch_shortage = no_error();
    error = image_check(memory);
    if (error.code != ERROR_NONE)
        return error;
    model.image = memory->slot;
    model.arena = memory->arena;
    model.image_bytes = header()->image_bytes;
    model.arena_bytes = header()->arena_bytes;
    model.tensors = (const void *)(model.image + header()->tensors_offset);
    model.tensor_count = header()->tensor_count;
    error = check_inputs();
    if (error.code == ERROR_NONE)
        error = bind_operators();
    if (error.code != ERROR_NONE)
        return error;
    loaded_crc32 = header()->crc32;
    loaded = true;
    memset(inputs, 0, sizeof inputs);
    reset_states();
    return error;
}

const struct model *engine_model(void)
{
    /* A debugger may have written another image since; its records were never checked. */
    if (loaded && (header()->magic != IMAGE_MAGIC || header()->crc32 != loaded_crc32))
        loaded = false;
    return loaded ? &model : NULL;
}

void engine_each_scratch(void (*visit)(uint32_t scratch_bytes))
{
    const uint8_t *record = first_record();

    for (uint32_t i = 0; i < header()->operator_count; i++) {
        const struct image_operator *op = image_operator_at(record);
        uint32_t needed;
        (void)prepare_operator(find_kernel(op->opcode), op, i, &needed);
        visit(needed);
        record += op->record_bytes;
    }
}

struct error engine_set_input(uint32_t index, uint32_t offset, const void *data, size_t n)
{
    if (index >= header()->input_count)
        return error_of(ERROR_BAD_REQUEST, (int32_t)index, "input index");
    if (offset > engine_io(index)->bytes || n > engine_io(index)->bytes - offset)
        return error_of(ERROR_BAD_REQUEST, (int32_t)offset, "input offset");
    if (data != NULL)
        memcpy(input_buffer(index) + offset, data, n);
    return no_error();
}

struct error engine_take_sample(uint32_t sample, uint32_t crc32)
{
    const uint32_t bytes = (uint32_t)(input_buffer(header()->input_count) - inputs);
    uint32_t found;

    if (bytes == 0 || sample >= sizeof inputs / bytes)
        return error_of(ERROR_BAD_REQUEST, (int32_t)sample, "sample");
    found = crc32_update(0, inputs + sample * bytes, bytes);
    if (found != crc32)
        return error_of(ERROR_WRONG_INPUT, (int32_t)found, "");
    sample_at = sample * bytes;
    return no_error();
}

uint8_t *engine_input_buffer(void)
{
    return inputs;
}

static void copy_inputs(void)
{
    if ((header()->flags & IMAGE_KEEPS_STATE) == 0)
        reset_states();
    for (uint32_t i = 0; i < header()->input_count; i++)
        memcpy(model.arena + engine_io(i)->offset, input_buffer(i), engine_io(i)->bytes);
}

uint16_t engine_operator_in_flight(void)
{
    return (uint16_t)in_flight;
}

/* The measured work, from operator `index` on: NULL, or the record whose kernel failed with *status. */
static const uint8_t *invoke_operators(const uint8_t *record, const uint8_t *end, uint32_t index, int *status)
{
    for (; record != end; index++) {
        const struct image_operator *op = image_operator_at(record);
        in_flight = index; /* two instructions */
        int result = invoke_of[op->opcode](&model, op);
        if (result != 0) {
            *status = result;
            return record;
        }
        record += op->record_bytes;
    }
    return NULL;
}

static struct error kernel_refused(const uint8_t *failed, int status)
{
    uint32_t index = 0;
    for (const uint8_t *record = first_record(); record != failed; record += image_operator_at(record)->record_bytes)
        index++;
    return error_at(ERROR_KERNEL_REFUSED, index, status, find_kernel(image_operator_at(failed)->opcode)->name);
}

/* The operators of [record, end) in a window; the gate stays outside the counted part. */
static struct error window(const uint8_t *record, const uint8_t *end, uint32_t index, uint64_t *ticks,
                           uint32_t *link_interrupts)
{
    const uint8_t *failed;
    uint32_t interrupts_before;
    int status = 0;

    metered_window(true);
    interrupts_before = port_link_interrupts();
    port_ticks_restart();
    failed = invoke_operators(record, end, index, &status);
    *ticks = port_ticks();
    in_flight = ERROR_NO_OPERATOR;
    *link_interrupts += port_link_interrupts() - interrupts_before;
    metered_window(false);
    if (failed != NULL)
        return kernel_refused(failed, status);
    if (*ticks == PORT_TICKS_OVERFLOW)
        return error_of(ERROR_COUNTER_OVERFLOW, 0, "the window outlasted the counter");
    return no_error();
}

/* One inference in one window. */
static struct error infer(uint64_t *ticks, uint32_t *link_interrupts)
{
    const uint8_t *record = first_record();

    copy_inputs();
    return window(record, record + header()->operators_bytes, 0, ticks, link_interrupts);
}

static struct error warm_up(uint32_t times)
{
    struct error error = scratch_shortage;
    uint64_t ticks;
    uint32_t link_interrupts = 0;

    while (times-- > 0 && error.code == ERROR_NONE)
        error = infer(&ticks, &link_interrupts);
    return error;
}

struct error engine_infer(uint64_t *ticks)
{
    uint32_t link_interrupts = 0;
    struct error error = scratch_shortage;

    return error.code == ERROR_NONE ? infer(ticks, &link_interrupts) : error;
}

struct error engine_run(uint32_t warmup, uint32_t repeats, struct engine_windows *windows)
{
    struct error error = warm_up(warmup);

    windows->link_interrupts = 0;
    for (uint32_t i = 0; i < repeats && error.code == ERROR_NONE; i++)
        error = infer(&windows->ticks[i], &windows->link_interrupts);
    sample_at = 0;
    return error;
}

uint32_t engine_profile_windows(void)
{
    return header()->operator_count + 1;
}

struct error engine_profile(uint32_t warmup, struct engine_windows *windows)
{
    struct error error = warm_up(warmup);
    const uint8_t *record = first_record();

    windows->link_interrupts = 0;
    copy_inputs();
    for (uint32_t i = 0; i < engine_profile_windows() && error.code == ERROR_NONE; i++) {
        const uint8_t *end = i == 0 ? record : record + image_operator_at(record)->record_bytes;
        /* Window 0 is empty; operator n has window n + 1. */
        error = window(record, end, i == 0 ? 0 : i - 1, &windows->ticks[i], &windows->link_interrupts);
        record = end;
    }
    return error;
}
