/* What the kernels of all sets rely on, beyond what the engine's image_check.h has checked before.
 *
 * Each check returns 0 or a negative status with the meaning of CMSIS-NN's status of that value. */
#ifndef HARNESS_CHECKS_H
#define HARNESS_CHECKS_H

#include "kernel.h"

enum { BAD_ARGUMENT = -1, NOT_IMPLEMENTED = -2 };

/* Types, parameters and shapes fit each other, and multipliers and shifts lie inside the image. */
int check_conv_2d(const struct model *m, const struct image_operator *op);
int check_depthwise_conv_2d(const struct model *m, const struct image_operator *op);
int check_fully_connected(const struct model *m, const struct image_operator *op);
int check_pool_2d(const struct model *m, const struct image_operator *op);
int check_add(const struct model *m, const struct image_operator *op);
int check_softmax(const struct model *m, const struct image_operator *op);
int check_reshape(const struct model *m, const struct image_operator *op);

/* The same for other types: TensorFlow Lite's TensorType, as in the tensor records. */
enum { INT32 = 2, UINT8 = 3, INT64 = 4, INT16 = 7, INT8 = 9, INT4 = 17, INT2 = 19 };

struct operand_types {
    uint8_t activations, weights, bias;
};

extern const struct operand_types int8_throughout;

int check_conv_2d_of(const struct model *m, const struct image_operator *op, const struct operand_types *types);
int check_depthwise_conv_2d_of(const struct model *m, const struct image_operator *op,
                               const struct operand_types *types);
int check_fully_connected_of(const struct model *m, const struct image_operator *op,
                             const struct operand_types *types);

int check_pool_2d_of(const struct model *m, const struct image_operator *op, const struct operand_types *types);

/* What CONV_2D and DEPTHWISE_CONV_2D have in common: the end of their parameters. */
struct sliding {
    int32_t stride_w, stride_h, pad_w, pad_h, dilation_w, dilation_h;
    int32_t activation_min, activation_max;
    uint32_t multipliers_at, shifts_at;
};
_Static_assert(sizeof(struct sliding) == sizeof(struct image_conv) - offsetof(struct image_conv, stride_w), "conv");
_Static_assert(sizeof(struct sliding) == sizeof(struct image_depthwise) - offsetof(struct image_depthwise, stride_w),
               "depthwise");

static inline const struct image_tensor *op_input(const struct model *m, const struct image_operator *op, int i)
{
    return op_tensor(m, op, i);
}

static inline const struct image_tensor *op_output(const struct model *m, const struct image_operator *op)
{
    return op_tensor(m, op, op->input_count);
}

/* The bias, or NULL where the operator has none. */
static inline const int32_t *op_bias(const struct model *m, const struct image_operator *op)
{
    if (op->input_count < 3 || op->tensors[2] == IMAGE_NO_TENSOR)
        return NULL;
    return (const int32_t *)tensor_data(m, op_tensor(m, op, 2));
}

static inline int32_t elements(const struct image_dims *d)
{
    return d->n * d->h * d->w * d->c;
}

#endif
