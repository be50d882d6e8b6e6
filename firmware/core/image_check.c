/* Bounds of a model image, checked once so that no operator has to: see firmware/IMAGE.md. */
#include "image_check.h"

#include <stdbool.h>

#include "crc32.h"

enum { ALIGNMENT = 16, CRC_START = 16 };

/* offset + bytes <= limit, without the sum that could wrap. */
static bool fits(uint32_t offset, uint64_t bytes, uint32_t limit)
{
    return offset <= limit && bytes <= limit - offset;
}

static struct error bad(enum model_check check, const char *text)
{
    return error_of(ERROR_BAD_MODEL, (int32_t)check, text);
}

/* Bytes per element by TensorFlow Lite's TensorType; 0: not a type with a fixed size in bytes. */
static uint32_t element_bytes(uint8_t dtype)
{
    static const uint8_t bytes[] = {4, 2, 4, 1, 8, 0, 1, 2, 8, 1, 8, 16, 8, 0, 0, 4, 2};
    return dtype < sizeof bytes ? bytes[dtype] : 0;
}

/* Bytes that a tensor of `count` elements takes. */
static uint64_t packed_bytes(uint8_t dtype, uint64_t count)
{
    enum { INT4 = 17, INT2 = 19 };
    if (dtype == INT2)
        return (count + 3) / 4;
    return dtype == INT4 ? (count + 1) / 2 : count * element_bytes(dtype);
}

static bool multiply_dim(uint64_t *count, int32_t dim)
{
    if (dim < 1)
        return false;
    *count *= (uint32_t)dim; /* below 2^32 times below 2^31 */
    return *count <= UINT32_MAX;
}

static bool tensor_consistent(const struct image_tensor *tensor, const struct image_header *header)
{
    uint64_t count = 1;
    uint32_t limit = tensor->place == IMAGE_IN_IMAGE ? header->image_bytes : header->arena_bytes;

    return multiply_dim(&count, tensor->dims.n) && multiply_dim(&count, tensor->dims.h) &&
           multiply_dim(&count, tensor->dims.w) && multiply_dim(&count, tensor->dims.c) && tensor->bytes != 0 &&
           packed_bytes(tensor->dtype, count) == tensor->bytes &&
           tensor->place <= IMAGE_IN_STATE && tensor->offset % ALIGNMENT == 0 &&
           fits(tensor->offset, tensor->bytes, limit);
}

static struct error check_header(const uint8_t *image, uint32_t slot_bytes)
{
    const struct image_header *header = image_header(image);

    if (slot_bytes < sizeof *header)
        return error_of(ERROR_NO_MODEL, 0, "the slot is smaller than a header");
    if (header->magic != IMAGE_MAGIC)
        return error_of(ERROR_NO_MODEL, (int32_t)header->magic, "no image in the slot");
    if (header->version != IMAGE_VERSION || header->header_bytes != sizeof *header)
        return bad(CHECK_VERSION, "image version");
    if (header->image_bytes < sizeof *header || header->image_bytes > slot_bytes ||
        header->image_bytes % ALIGNMENT != 0)
        return bad(CHECK_SIZE, "image size");
    if (header->crc32 != crc32_update(0, image + CRC_START, header->image_bytes - CRC_START))
        return bad(CHECK_CRC, "image crc");
    return no_error();
}

static struct error check_tables(const struct image_header *header)
{
    uint32_t size = header->image_bytes;
    uint32_t io_count = (uint32_t)header->input_count + header->output_count;

    if (header->arena_bytes % ALIGNMENT != 0)
        return bad(CHECK_OFFSETS, "arena size");
    if (header->tensor_count > IMAGE_NO_TENSOR || header->tensors_offset % 4 != 0 ||
        !fits(header->tensors_offset, (uint64_t)header->tensor_count * sizeof(struct image_tensor), size))
        return bad(CHECK_OFFSETS, "tensor table");
    if (header->operator_count >= ERROR_NO_OPERATOR || header->operators_offset % 4 != 0 ||
        !fits(header->operators_offset, header->operators_bytes, size))
        return bad(CHECK_OFFSETS, "operator records");
    if (header->io_offset % 2 != 0 || !fits(header->io_offset, (uint64_t)io_count * sizeof(uint16_t), size))
        return bad(CHECK_OFFSETS, "inputs and outputs");
    return no_error();
}

static struct error check_tensors(const uint8_t *image)
{
    const struct image_header *header = image_header(image);
    const struct image_tensor *tensors = (const void *)(image + header->tensors_offset);
    const uint16_t *io = (const void *)(image + header->io_offset);

    for (uint32_t i = 0; i < header->tensor_count; i++)
        if (!tensor_consistent(&tensors[i], header))
            return bad(CHECK_OFFSETS, "tensor");
    for (uint32_t i = 0; i < (uint32_t)header->input_count + header->output_count; i++)
        if (io[i] >= header->tensor_count || tensors[io[i]].place != IMAGE_IN_ARENA)
            return bad(CHECK_OFFSETS, "input or output tensor");
    return no_error();
}

static bool record_consistent(const uint8_t *image, const struct image_operator *op, uint32_t left)
{
    const struct image_header *header = image_header(image);
    const struct image_tensor *tensors = (const void *)(image + header->tensors_offset);
    uint32_t indices_end;

    if (left < sizeof *op)
        return false;
    indices_end = (uint32_t)sizeof *op + 2u * ((uint32_t)op->input_count + op->output_count);
    if (op->record_bytes % 4 != 0 || op->record_bytes > left || indices_end > op->record_bytes)
        return false;
    if (op->params_offset % 4 != 0 || op->params_offset < indices_end || op->params_offset > op->record_bytes)
        return false;
    if (op->scratch_offset % ALIGNMENT != 0 || !fits(op->scratch_offset, op->scratch_bytes, header->arena_bytes))
        return false;
    for (uint32_t i = 0; i < op->input_count; i++)
        if (op->tensors[i] >= header->tensor_count && op->tensors[i] != IMAGE_NO_TENSOR)
            return false;
    for (uint32_t i = op->input_count; i < (uint32_t)op->input_count + op->output_count; i++)
        if (op->tensors[i] >= header->tensor_count || tensors[op->tensors[i]].place != IMAGE_IN_ARENA)
            return false;
    return true;
}

static struct error check_records(const uint8_t *image)
{
    const struct image_header *header = image_header(image);
    const uint8_t *record = image + header->operators_offset;
    uint32_t left = header->operators_bytes;

    for (uint32_t i = 0; i < header->operator_count; i++) {
        const struct image_operator *op = image_operator_at(record);
        if (!record_consistent(image, op, left))
            return error_at(ERROR_BAD_MODEL, i, CHECK_RECORD, "operator record");
        record += op->record_bytes;
        left -= op->record_bytes;
    }
    if (left != 0)
        return bad(CHECK_RECORD, "bytes behind the last operator record");
    return no_error();
}

struct error image_check(const struct memory *memory)
{
    const struct image_header *header = image_header(memory->slot);
    struct error error = check_header(memory->slot, memory->slot_bytes);

    if (error.code == ERROR_NONE)
        error = check_tables(header);
    if (error.code == ERROR_NONE)
        error = check_tensors(memory->slot);
    if (error.code == ERROR_NONE)
        error = check_records(memory->slot);
    if (error.code == ERROR_NONE && header->arena_bytes > memory->arena_bytes)
        error = error_of(ERROR_ARENA_TOO_SMALL, (int32_t)header->arena_bytes, "arena");
    return error;
}
