/* The model image as it lies in the slot: the structs of firmware/IMAGE.md. */
#ifndef HARNESS_IMAGE_H
#define HARNESS_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#define IMAGE_MAGIC 0x31494D48u
#define IMAGE_VERSION 3u
#define IMAGE_NO_TENSOR 0xFFFFu

enum image_place { IMAGE_IN_ARENA = 0, IMAGE_IN_IMAGE = 1, IMAGE_IN_STATE = 2 };

enum { IMAGE_KEEPS_STATE = 1 };

struct image_header {
    uint32_t magic;
    uint16_t version;
    uint16_t header_bytes;
    uint32_t image_bytes;
    uint32_t crc32;
    uint8_t source_sha256[32];
    uint32_t arena_bytes;
    uint32_t tensors_offset;
    uint32_t tensor_count;
    uint32_t operators_offset;
    uint32_t operator_count;
    uint32_t io_offset;
    uint16_t input_count;
    uint16_t output_count;
    uint32_t operators_bytes;
    uint32_t flags;
    uint8_t zero[12];
};
_Static_assert(sizeof(struct image_header) == 96, "IMAGE.md: header");

struct image_dims {
    int32_t n, h, w, c;
};

struct image_tensor {
    uint32_t offset;
    uint32_t bytes;
    struct image_dims dims;
    uint8_t dtype;
    uint8_t place;
    int16_t zero_point;
    float scale; /* 0 where there is none, or several */
};
_Static_assert(sizeof(struct image_tensor) == 32, "IMAGE.md: tensor record");

struct image_operator {
    uint16_t opcode;
    uint16_t record_bytes;
    uint16_t params_offset;
    uint8_t input_count;
    uint8_t output_count;
    uint32_t scratch_offset;
    uint32_t scratch_bytes;
    uint16_t tensors[]; /* inputs, then outputs */
};
_Static_assert(offsetof(struct image_operator, tensors) == 16, "IMAGE.md: operator record");

struct image_add {
    int32_t input1_offset, input1_multiplier, input1_shift;
    int32_t input2_offset, input2_multiplier, input2_shift;
    int32_t left_shift;
    int32_t output_offset, output_multiplier, output_shift;
    int32_t activation_min, activation_max;
};

struct image_pool {
    int32_t stride_w, stride_h, pad_w, pad_h;
    int32_t activation_min, activation_max;
    int32_t filter_w, filter_h;
};

struct image_conv {
    int32_t input_offset, output_offset;
    int32_t stride_w, stride_h, pad_w, pad_h, dilation_w, dilation_h;
    int32_t activation_min, activation_max;
    uint32_t multipliers_at, shifts_at;
};

struct image_depthwise {
    int32_t input_offset, output_offset, channel_multiplier;
    int32_t stride_w, stride_h, pad_w, pad_h, dilation_w, dilation_h;
    int32_t activation_min, activation_max;
    uint32_t multipliers_at, shifts_at;
};

struct image_conv_uint8_weights {
    struct image_conv conv;
    int32_t filter_offset;
};

struct image_depthwise_uint8_weights {
    struct image_depthwise depthwise;
    int32_t filter_offset;
};

struct image_fully_connected {
    int32_t input_offset, filter_offset, output_offset;
    int32_t activation_min, activation_max;
    int32_t per_channel;
    uint32_t multipliers_at, shifts_at, sums_at;
};

struct image_quantize {
    int32_t input_offset, output_offset, multiplier, shift;
};

struct image_rows {
    int32_t rows;
};

struct image_softmax {
    int32_t multiplier, shift, diff_min, rows, row_size;
};

#endif
