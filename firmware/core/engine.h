/* Load the model image in the slot and run it. */
#ifndef HARNESS_ENGINE_H
#define HARNESS_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "device_error.h"
#include "kernel.h"
#include "memory_map.h"

/* What the windows of one RUN or PROFILE showed. */
struct engine_windows {
    uint64_t ticks[HARNESS_MAX_REPEATS];
    uint32_t link_interrupts;
};

/* Check the image in the slot, bind and prepare its operators. Until this succeeds no model is
 * loaded; a model stays loaded as long as the header in the slot is the one that was checked. */
struct error engine_load(const struct memory *memory);

/* NULL when no model is loaded. */
const struct model *engine_model(void);

/* Tensor of input or output `index`; inputs come first, then outputs. */
const struct image_tensor *engine_io(uint32_t index);

/* Bytes of scratch each operator's kernel asks for, one call of `visit` per operator. */
void engine_each_scratch(void (*visit)(uint32_t scratch_bytes));

/* Keep bytes for input `index` of the loaded model until they are overwritten; NULL: only check. */
struct error engine_set_input(uint32_t index, uint32_t offset, const void *data, size_t n);

/* Let the next engine_run() take its inputs from place `sample` of the pool, which is the buffer of the
 * inputs, filled by a debugger: all inputs of a sample, each rounded up to 16 bytes, then the next.
 * Refused unless those bytes have this CRC-32. */
struct error engine_take_sample(uint32_t sample, uint32_t crc32);

/* Where the inputs of the loaded model lie, HARNESS_INPUT_BYTES in all, the first input first. */
uint8_t *engine_input_buffer(void);

/* Index of the operator whose kernel runs, in a window or while it is prepared, else ERROR_NO_OPERATOR.
 * For the fault handler: it follows no pointer that a kernel gone astray may have overwritten. */
uint16_t engine_operator_in_flight(void);

/* Run one measured inference. */
struct error engine_infer(uint64_t *ticks);

/* Run `warmup` unmeasured and `repeats` (1 to HARNESS_MAX_REPEATS) measured inferences. */
struct error engine_run(uint32_t warmup, uint32_t repeats, struct engine_windows *windows);

/* Windows of a profile of the loaded model: one without operators, then one for each operator. */
uint32_t engine_profile_windows(void);

/* Run `warmup` unmeasured inferences, then one in engine_profile_windows() windows, which must be no
 * more than HARNESS_MAX_REPEATS. */
struct error engine_profile(uint32_t warmup, struct engine_windows *windows);

#endif
