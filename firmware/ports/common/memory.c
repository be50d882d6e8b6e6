/* The memory map of a board, as its linker script drew it (firmware/cmake/firmware.ld.in). */
#include "memory_map.h"

/* Symbols without storage: an address is the value, for sizes too. */
extern uint8_t harness_model_slot[], harness_model_slot_bytes[];
extern uint8_t harness_arena[], harness_arena_bytes[];
extern const uint8_t harness_build_id_note[];

/* A note is three words (sizes and type) and the name "GNU\0" before the id itself. */
enum { NOTE_HEADER_BYTES = 16 };

struct memory memory_map(void)
{
    return (struct memory){
        .slot = harness_model_slot,
        .slot_bytes = (uint32_t)(uintptr_t)harness_model_slot_bytes,
        .arena = harness_arena,
        .arena_bytes = (uint32_t)(uintptr_t)harness_arena_bytes,
        .build_id = harness_build_id_note + NOTE_HEADER_BYTES,
    };
}
