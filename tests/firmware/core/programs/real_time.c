/* A board in real time for the host's port: its clock runs SKEW_PPM fast and wraps 3 s after the start, and
 * an inference takes INFERENCE_US of it. Each edge of the gate, in nanoseconds of CLOCK_MONOTONIC, is a line
 * of EDGES_FILE. */
#include "port.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { SKEW_PPM = 400, INFERENCE_US = 100000 };

#define CLOCK_HZ 1000000u
#define SECOND_NS 1000000000ll
#define BEFORE_WRAP_US 3000000ll

static FILE *edges;
static int64_t start_ns, restarted_us;
static bool active;

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

/* Since the start, by the board's own clock. */
static int64_t now_us(void)
{
    return (now_ns() - start_ns) * (1000000 + SKEW_PPM) / SECOND_NS;
}

__attribute__((constructor)) static void open_file(void)
{
    start_ns = now_ns();
    edges = fopen(getenv("EDGES_FILE"), "w");
    if (edges == NULL)
        exit(2);
}

void port_ticks_restart(void)
{
    restarted_us = now_us();
}

/* While it is active, an inference is over when its time has come. */
uint64_t port_ticks(void)
{
    while (active && now_us() < restarted_us + INFERENCE_US)
        usleep(500);
    return (uint64_t)(now_us() - restarted_us);
}

uint32_t port_clock_now(uint32_t *hz)
{
    *hz = CLOCK_HZ;
    return (uint32_t)(now_us() - BEFORE_WRAP_US);
}

bool port_gate(bool high)
{
    if (high != active) {
        fprintf(edges, "%lld\n", (long long)now_ns());
        fflush(edges);
    }
    active = high;
    return true;
}
