/* What the gate pin tells a power meter: of each window, or of many inferences together. */
#include "metered.h"

#include "port.h"

enum { SILENCE_US = 1000, PULSE_US = 70, BETWEEN_US = 30, TURNS = 100 };

static enum gate_mode mode;
static bool operator_level;

/* For a port with one pin. */
__attribute__((weak)) bool port_operator_pin(bool high)
{
    (void)high;
    return false;
}

/* For a port without a clock that runs on. */
__attribute__((weak)) uint32_t port_clock_now(uint32_t *hz)
{
    *hz = 0;
    return 0;
}

/* In MLPerf Tiny's energy mode a meter takes every falling edge for a stamp. */
void metered_window(bool begins)
{
    if (mode == GATE_PER_WINDOW && !HARNESS_MLPERF_ENERGY) {
        (void)port_gate(begins);
    } else if (mode == GATE_OPERATORS && !begins) {
        operator_level = !operator_level;
        (void)port_operator_pin(operator_level);
    }
}

/* Wait for at least so long. A look at the counter ends its count on some ports, and tells a tick at least,
 * so that many looks suffice even where it stands still. */
static void hold(uint32_t us)
{
    const uint32_t ticks = port_counter()->hz / 1000000u * us;
    uint32_t passed = 0;

    for (uint32_t looks = 0; looks < ticks && passed < ticks; looks++) {
        port_ticks_restart();
        for (volatile uint32_t turn = 0; turn < TURNS; turn++)
            ;
        passed += (uint32_t)port_ticks();
    }
}

void metered_stamp(void)
{
    (void)port_gate(true);
    hold(PULSE_US);
    (void)port_gate(false);
}

/* An inference in one window, or in one for each operator after the empty one, at whose end the first
 * operator begins; then the last edge of one inference is not too near to the first of the next. */
static struct error infer(struct engine_windows *windows, uint64_t *ticks)
{
    struct error error;

    if (mode != GATE_OPERATORS) {
        error = engine_run(0, 1, windows);
        *ticks += windows->ticks[0];
        return error;
    }
    error = engine_profile(0, windows);
    for (uint32_t i = engine_profile_windows() - 1u; i > 0; i--)
        *ticks += windows->ticks[i];
    hold(BETWEEN_US);
    return error;
}

/* What lies between the edges; the first one is the end of the silence. */
static void infer_all(uint32_t repeats, struct engine_windows *windows, struct error *error)
{
    uint64_t ticks = 0;
    uint32_t clock_hz;
    const uint32_t began = port_clock_now(&clock_hz);

    if (mode == GATE_PULSE) {
        (void)port_gate(false);
        hold(PULSE_US);
    }
    (void)port_gate(true);
    for (uint32_t left = repeats; left > 0 && error->code == ERROR_NONE; left--)
        *error = infer(windows, &ticks);
    windows->ticks[3] = port_clock_now(&clock_hz);
    (void)port_gate(false);
    windows->ticks[0] = ticks;
    windows->ticks[1] = repeats;
    windows->ticks[2] = began;
    windows->ticks[4] = clock_hz;
}

struct error metered_run(uint32_t wanted, uint32_t warmup, uint32_t repeats, struct engine_windows *windows)
{
    struct error error;
    uint32_t interrupts;

    if (wanted < GATE_LEVEL || wanted > GATE_OPERATORS || repeats == 0)
        return error_of(ERROR_BAD_REQUEST, (int32_t)wanted, "mode or repeats");
    if (wanted == GATE_OPERATORS) {
        const uint32_t count = engine_profile_windows();
        if (count > HARNESS_MAX_REPEATS)
            return error_of(ERROR_BAD_REQUEST, (int32_t)count, "operators");
    }
    if (HARNESS_MLPERF_ENERGY || !port_gate(false) || (wanted == GATE_OPERATORS && !port_operator_pin(false)))
        return error_of(ERROR_NO_PIN, (int32_t)wanted, "");
    mode = GATE_LEVEL; /* warming up is no business of the pins */
    error = engine_run(warmup, 0, windows);
    if (error.code == ERROR_NONE) {
        interrupts = port_link_interrupts();
        mode = (enum gate_mode)wanted;
        operator_level = false;
        (void)port_gate(mode == GATE_PULSE);
        hold(SILENCE_US);
        infer_all(repeats, windows, &error);
        hold(SILENCE_US);
        windows->link_interrupts = port_link_interrupts() - interrupts;
    }
    mode = GATE_PER_WINDOW;
    return error;
}
