/* The firmware as a program of the host: frames on standard input and output, ends with its input.
 *
 * Usage: firmware IMAGE ARENA_BYTES [TICKS]. The slot holds the file IMAGE and not a byte more, the
 * arena ARENA_BYTES, so that AddressSanitizer sees every access beyond them. There is no counter:
 * each window lasts TICKS. What comes during one waits in the system's pipe, not in a ring. A test may have
 * its own of what is weak. */
#include "port.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
#include "memory_map.h"

enum { CLOCK_HZ = 1000000, ALIGNMENT = 16 };

static struct memory map;
static uint64_t window_ticks = 1;
static uint32_t reads;
static uint8_t received[HARNESS_RECEIVE_WINDOW];
static size_t fill, taken;
static uint8_t to_send[HARNESS_RECEIVE_WINDOW]; /* whole frames: each write wakes who listens */
static size_t to_send_bytes;

static void quit(const char *what)
{
    perror(what);
    exit(2);
}

/* A block of exactly `bytes`, 16-byte aligned as on a board; an empty one has an address, too. */
static uint8_t *block(size_t bytes)
{
    void *at;
    if (posix_memalign(&at, ALIGNMENT, bytes) != 0)
        quit("memory");
    return at;
}

static void load_slot(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *slot;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        quit(path);
    map.slot_bytes = (uint32_t)ftell(file);
    slot = block(map.slot_bytes);
    rewind(file);
    if (fread(slot, 1, map.slot_bytes, file) != map.slot_bytes)
        quit(path);
    fclose(file);
    map.slot = slot;
}

struct memory memory_map(void)
{
    return map;
}

/* Before main(), which knows no arguments: it is the firmware's own. */
__attribute__((constructor)) static void read_arguments(int argc, char **argv)
{
    static uint8_t build_id[BUILD_ID_BYTES];

    if (argc < 3) {
        fprintf(stderr, "usage: %s IMAGE ARENA_BYTES [TICKS]\n", argv[0]);
        exit(2);
    }
    load_slot(argv[1]);
    map.arena_bytes = (uint32_t)strtoul(argv[2], NULL, 0);
    map.arena = block(map.arena_bytes);
    if (argc > 3)
        window_ticks = strtoull(argv[3], NULL, 0);
    for (int i = 0; i < BUILD_ID_BYTES; i++)
        build_id[i] = (uint8_t)i;
    map.build_id = build_id;
}

void port_init(void)
{
}

__attribute__((weak)) void port_ticks_restart(void)
{
}

__attribute__((weak)) uint64_t port_ticks(void)
{
    return window_ticks;
}

const struct port_counter *port_counter(void)
{
    static const struct port_counter counter = {"none", CLOCK_HZ};
    return &counter;
}

uint32_t port_clock_hz(void)
{
    return CLOCK_HZ;
}

int port_link_read(void)
{
    return taken < fill ? received[taken++] : -1;
}

static void send_all(void)
{
    for (size_t sent = 0; sent < to_send_bytes;) {
        ssize_t written = write(STDOUT_FILENO, to_send + sent, to_send_bytes - sent);
        if (written <= 0)
            exit(0);
        sent += (size_t)written;
    }
    to_send_bytes = 0;
}

void port_link_wait(void)
{
    send_all();
    const ssize_t n = read(STDIN_FILENO, received, sizeof received);
    if (n <= 0)
        exit(0);
    reads++;
    fill = (size_t)n;
    taken = 0;
}

void port_link_write(const uint8_t *data, size_t n)
{
    for (const uint8_t *end = data + n; data != end; data++) {
        to_send[to_send_bytes++] = *data;
        if (*data == 0 || to_send_bytes == sizeof to_send)
            send_all();
    }
}

uint32_t port_link_interrupts(void)
{
    return reads;
}

__attribute__((weak)) bool port_gate(bool high)
{
    (void)high;
    return false;
}
