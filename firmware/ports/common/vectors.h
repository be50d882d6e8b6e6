/* How a port hands its interrupt handlers to the vector table. */
#ifndef HARNESS_VECTORS_H
#define HARNESS_VECTORS_H

typedef void (*interrupt_vector)(void);

/* `HARNESS_INTERRUPTS = {handler of IRQ 0, handler of IRQ 1, ...};` once per port, as far as it
 * enables interrupts. */
#define HARNESS_INTERRUPTS                                                                          \
    static const interrupt_vector port_vectors[] __attribute__((used, section(".vectors.port")))

#endif
