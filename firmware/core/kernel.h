/* The operator interface: one file per operator and kernel set defines one `struct kernel`. */
#ifndef HARNESS_KERNEL_H
#define HARNESS_KERNEL_H

#include "image.h"

/* A network in its slot, and the arena it runs in. */
struct model {
    const uint8_t *image;
    uint8_t *arena;
    const struct image_tensor *tensors;
    uint32_t tensor_count;
    uint32_t image_bytes, arena_bytes;
};

/* Kernels return 0, or a negative status (CMSIS-NN's arm_cmsis_nn_status values where one arises).
 *
 * `prepare` runs when the model is loaded (more than once, so it keeps nothing): it refuses what
 * `invoke` cannot do, and sets the bytes of scratch `invoke` needs. What core/image_check.h promises
 * holds by then. `invoke` runs inside the measured window. */
struct kernel {
    uint16_t opcode; /* TensorFlow Lite's BuiltinOperator, plus the variant (IMAGE.md) */
    const char *name; /* of its own in each variant */
    int (*prepare)(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes);
    int (*invoke)(const struct model *model, const struct image_operator *op);
};

/* Put a kernel where the engine finds it: the linker gathers all of them in one section, so that
 * adding an operator edits no table. */
#define KERNEL(code, label, prepare_fn, invoke_fn)                                                  \
    __attribute__((used, section("kernels"), aligned(sizeof(void *)))) const struct kernel          \
        kernel_##code = {(code), (label), (prepare_fn), (invoke_fn)}

static inline const struct image_tensor *op_tensor(const struct model *m, const struct image_operator *op, int i)
{
    return &m->tensors[op->tensors[i]];
}

static inline void *tensor_data(const struct model *m, const struct image_tensor *t)
{
    /* The image is never written; kernels take inputs and constants as const. */
    return t->place != IMAGE_IN_IMAGE ? m->arena + t->offset : (uint8_t *)(uintptr_t)(m->image + t->offset);
}

static inline const void *op_params(const struct image_operator *op)
{
    return (const uint8_t *)op + op->params_offset;
}

static inline const int32_t *image_words(const struct model *m, uint32_t at)
{
    return (const int32_t *)(const void *)(m->image + at);
}

static inline void *op_scratch(const struct model *m, const struct image_operator *op)
{
    return m->arena + op->scratch_offset;
}

#endif
