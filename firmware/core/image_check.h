/* Is what lies in the model slot an image that can be run without looking at it again? */
#ifndef HARNESS_IMAGE_CHECK_H
#define HARNESS_IMAGE_CHECK_H

#include "device_error.h"
#include "image.h"
#include "memory_map.h"

/* Check everything an image says of itself but the operators' parameters, which their kernels know.
 *
 * After success every tensor lies inside the image or the planned arena and is as large as its dims
 * and type say; outputs lie in the arena; records, tensor indices and scratch are in bounds. */
struct error image_check(const struct memory *memory);

static inline const struct image_header *image_header(const uint8_t *image)
{
    return (const struct image_header *)(const void *)image;
}

static inline const struct image_operator *image_operator_at(const uint8_t *record)
{
    return (const struct image_operator *)(const void *)record;
}

#endif
