/* Load and run images, each in a slot and an arena of exactly its size, under the sanitizers.
 *
 * Standard input: per image u32 bytes, u32 arena bytes, the image. Answers a line per image:
 * CODE OPERATOR DETAIL of loading it, and of running it where that succeeded. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "image_check.h"
#include "metered.h"
#include "port.h"

void port_ticks_restart(void)
{
}

uint64_t port_ticks(void)
{
    return 1;
}

uint32_t port_link_interrupts(void)
{
    return 0;
}

void metered_window(bool begins)
{
    (void)begins;
}

static void *aligned(size_t bytes)
{
    void *at;
    if (posix_memalign(&at, 16, bytes) != 0)
        abort();
    return at;
}

static void show(struct error error)
{
    printf(" %u %u %" PRId32, error.code, error.operator_index, error.detail);
}

static void read_outputs(void)
{
    const struct model *model = engine_model();
    const struct image_header *header = image_header(model->image);
    volatile uint8_t sum = 0;

    for (uint32_t i = 0; i < header->output_count; i++) {
        const struct image_tensor *output = engine_io(header->input_count + i);
        for (uint32_t at = 0; at < output->bytes; at++)
            sum = (uint8_t)(sum + ((const uint8_t *)tensor_data(model, output))[at]);
    }
}

static void ignore(uint32_t scratch_bytes)
{
    (void)scratch_bytes;
}

static void run(void)
{
    static struct engine_windows windows;
    static const uint8_t data[64] = {1, 2, 3};
    struct error error;

    engine_each_scratch(ignore);
    for (uint32_t i = 0; i < 3; i++)
        (void)engine_set_input(i, i, data, sizeof data);
    error = engine_run(1, 2, &windows);
    show(error);
    read_outputs();
}

int main(void)
{
    uint32_t sizes[2];

    while (fread(sizes, sizeof sizes, 1, stdin) == 1) {
        uint8_t *slot = aligned(sizes[0]), *arena = aligned(sizes[1]);
        const struct memory memory = {slot, sizes[0], arena, sizes[1], NULL};
        struct error error;

        if (sizes[0] != 0 && fread(slot, sizes[0], 1, stdin) != 1)
            return 2;
        memset(arena, 0, sizes[1]);
        error = engine_load(&memory);
        show(error);
        if (error.code == ERROR_NONE)
            run();
        printf("\n");
        fflush(stdout);
        free(slot);
        free(arena);
    }
    return 0;
}
