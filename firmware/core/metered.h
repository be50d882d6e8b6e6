/* What the gate pin tells a power meter: of each window, or of many inferences together. */
#ifndef HARNESS_METERED_H
#define HARNESS_METERED_H

#include <stdbool.h>
#include <stdint.h>

#include "device_error.h"
#include "engine.h"

/* Numbered as in METERED. */
enum gate_mode { GATE_PER_WINDOW, GATE_LEVEL, GATE_PULSE, GATE_OPERATORS };

/* A window begins or has ended; outside the counted part. */
void metered_window(bool begins);

/* A falling edge of the gate, after a pulse that a meter cannot miss. */
void metered_stamp(void);

/* Run `warmup` inferences with the gate low, then `repeats` with its edges around all of them, as METERED
 * tells. ticks[] are METERED_NUMBERS of its answer: the sum of their windows, how many there were, the port's
 * clock at the first and at the last edge, and its rate. Link interrupts are those from the silence before the
 * edges to that after them. */
enum { METERED_NUMBERS = 5 };
struct error metered_run(uint32_t mode, uint32_t warmup, uint32_t repeats, struct engine_windows *windows);

#endif
