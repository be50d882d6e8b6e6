/* Runs single operators on the host: requests on standard input, answers on standard output.
 *
 * Request:  u32 image_bytes, arena_bytes, tensors_at, tensor_count, operator_at; image; arena.
 * Answer:   i32 prepare status, u32 scratch bytes, i32 invoke status; arena.
 * The arena gets the scratch that `prepare` asks for at its end, and what belongs to no tensor is
 * poisoned, so that the address sanitizer sees each access beside a tensor. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

extern const struct kernel __start_kernels[], __stop_kernels[];

struct request {
    uint32_t image_bytes, arena_bytes, tensors_at, tensor_count, operator_at;
};

struct answer {
    int32_t prepare;
    uint32_t scratch_bytes;
    int32_t invoke;
};

static void read_all(void *to, size_t bytes)
{
    for (uint8_t *at = to; bytes;) {
        const ssize_t got = read(STDIN_FILENO, at, bytes);
        if (got <= 0)
            exit(0);
        at += got;
        bytes -= (size_t)got;
    }
}

static void write_all(const void *from, size_t bytes)
{
    for (const uint8_t *at = from; bytes;) {
        const ssize_t put = write(STDOUT_FILENO, at, bytes);
        if (put <= 0)
            exit(1);
        at += put;
        bytes -= (size_t)put;
    }
}

static const struct kernel *kernel_of(uint16_t opcode)
{
    for (const struct kernel *k = __start_kernels; k < __stop_kernels; k++)
        if (k->opcode == opcode)
            return k;
    exit(2);
}

static int invoke(const struct kernel *kernel, struct model *model, struct image_operator *op, uint32_t arena_bytes)
{
    ASAN_POISON_MEMORY_REGION(model->arena, arena_bytes);
    for (uint32_t i = 0; i < model->tensor_count; i++)
        if (model->tensors[i].place != IMAGE_IN_IMAGE)
            ASAN_UNPOISON_MEMORY_REGION(model->arena + model->tensors[i].offset, model->tensors[i].bytes);
    const int status = kernel->invoke(model, op);
    ASAN_UNPOISON_MEMORY_REGION(model->arena, arena_bytes);
    return status;
}

int main(void)
{
    for (;;) {
        struct request request;
        struct answer answer = {0};
        read_all(&request, sizeof request);
        uint8_t *image = malloc(request.image_bytes), *arena = malloc(request.arena_bytes);
        read_all(image, request.image_bytes);
        read_all(arena, request.arena_bytes);

        struct image_operator *op = (void *)(image + request.operator_at);
        struct model model = {.image = image,
                              .arena = arena,
                              .tensors = (const void *)(image + request.tensors_at),
                              .tensor_count = request.tensor_count,
                              .image_bytes = request.image_bytes,
                              .arena_bytes = request.arena_bytes};
        const struct kernel *kernel = kernel_of(op->opcode);
        answer.prepare = kernel->prepare(&model, op, &answer.scratch_bytes);
        if (answer.prepare == 0) {
            op->scratch_offset = request.arena_bytes;
            op->scratch_bytes = answer.scratch_bytes;
            model.arena_bytes += answer.scratch_bytes;
            model.arena = arena = realloc(arena, model.arena_bytes);
            memset(arena + request.arena_bytes, 0xA5, answer.scratch_bytes);
            answer.invoke = invoke(kernel, &model, op, request.arena_bytes);
        }
        write_all(&answer, sizeof answer);
        write_all(arena, request.arena_bytes);
        free(image);
        free(arena);
    }
}
