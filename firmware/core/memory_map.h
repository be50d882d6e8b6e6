/* Where the model slot, the arena and the build id lie: linker symbols on a board, heap on a host. */
#ifndef HARNESS_MEMORY_MAP_H
#define HARNESS_MEMORY_MAP_H

#include <stdint.h>

enum { BUILD_ID_BYTES = 20 };

struct memory {
    const uint8_t *slot; /* 16-byte aligned, as the arena */
    uint32_t slot_bytes;
    uint8_t *arena;
    uint32_t arena_bytes;
    const uint8_t *build_id; /* BUILD_ID_BYTES of the GNU build id */
};

struct memory memory_map(void);

#endif
