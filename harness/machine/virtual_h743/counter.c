/* Counts the instructions of each block that the Unicorn engine runs, and stops it when told to. */
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef int (*read_memory)(void *engine, uint64_t address, void *out, size_t bytes);
typedef int (*stop_engine)(void *engine);

/* So many blocks are some hundred microseconds, a look is about one. */
enum { ENTRIES = 1 << 14, LONGEST_BLOCK = 4096, BLOCKS_TO_A_LOOK = 4096 };

struct entry {
    uint32_t address;
    uint16_t bytes;
    uint16_t instructions;
};

/* The Python side knows the members up to `watched`. */
struct counter {
    uint64_t count;    /* instructions of all blocks entered */
    uint64_t deadline; /* stops before the first block that starts at or after this count */
    uint64_t block;    /* address of the block entered last, and how many instructions it has */
    uint32_t instructions;
    volatile uint32_t attention; /* not zero: stop before the next block */
    int32_t watched;             /* descriptor that asks for attention while it is readable, or -1 */
    uint32_t until_look;         /* blocks */
    read_memory read;
    stop_engine stop;
    struct entry known[ENTRIES];
};

size_t counter_bytes(void)
{
    return sizeof(struct counter);
}

void counter_start(struct counter *counter, read_memory read, stop_engine stop)
{
    memset(counter, 0, sizeof *counter);
    counter->deadline = UINT64_MAX;
    counter->watched = -1;
    counter->read = read;
    counter->stop = stop;
}

/* Code has changed: lengths found before no longer hold. */
void counter_forget(struct counter *counter)
{
    memset(counter->known, 0, sizeof counter->known);
}

/* A halfword whose bits 15 to 11 are 0b11101, 0b11110 or 0b11111 begins an instruction of two
 * (ARMv7-M Architecture Reference Manual, A5.1). */
static uint16_t instructions_in(struct counter *counter, void *engine, uint64_t address, uint32_t bytes)
{
    uint16_t code[LONGEST_BLOCK / 2];
    uint16_t found = 0;

    if (bytes > LONGEST_BLOCK || counter->read(engine, address, code, bytes) != 0)
        return (uint16_t)(bytes / 2);
    for (uint32_t at = 0; at < bytes / 2; at += code[at] >= 0xE800u ? 2u : 1u)
        found++;
    return found;
}

/* What is readable stays so until it is served, so no request to stop is lost. A thread that waited
 * instead would take turns with the callbacks in Python. */
static void look(struct counter *counter)
{
    struct pollfd descriptor = {.fd = counter->watched, .events = POLLIN};

    counter->until_look = BLOCKS_TO_A_LOOK;
    if (counter->watched >= 0 && poll(&descriptor, 1, 0) > 0)
        counter->attention = 1;
}

void counter_on_block(void *engine, uint64_t address, uint32_t bytes, void *data)
{
    struct counter *counter = data;

    if (counter->until_look-- == 0)
        look(counter);
    if (counter->attention || counter->count >= counter->deadline) {
        counter->stop(engine);
        return;
    }
    struct entry *entry = &counter->known[address / 2 % ENTRIES];
    if (entry->address != (uint32_t)address || entry->bytes != bytes) {
        entry->address = (uint32_t)address;
        entry->bytes = (uint16_t)bytes;
        entry->instructions = instructions_in(counter, engine, address, bytes);
    }
    counter->block = address;
    counter->instructions = entry->instructions;
    counter->count += entry->instructions;
}
