/* CMSIS-NN's pooling functions take the filter's size as dims; the image keeps it with the parameters. */
#ifndef HARNESS_CMSIS_NN_POOL_H
#define HARNESS_CMSIS_NN_POOL_H

#include "layout.h"

SAME_PLACE(cmsis_nn_pool_params, stride.w, image_pool, stride_w);
SAME_PLACE(cmsis_nn_pool_params, stride.h, image_pool, stride_h);
SAME_PLACE(cmsis_nn_pool_params, padding.w, image_pool, pad_w);
SAME_PLACE(cmsis_nn_pool_params, padding.h, image_pool, pad_h);
SAME_PLACE(cmsis_nn_pool_params, activation.min, image_pool, activation_min);
SAME_PLACE(cmsis_nn_pool_params, activation.max, image_pool, activation_max);
ENDS_BEFORE(cmsis_nn_pool_params, image_pool, filter_w);

typedef arm_cmsis_nn_status pool_function(const cmsis_nn_context *, const cmsis_nn_pool_params *,
                                          const cmsis_nn_dims *, const int8_t *, const cmsis_nn_dims *,
                                          const cmsis_nn_dims *, int8_t *);

static inline int invoke_pool(pool_function *pool, const struct model *model, const struct image_operator *op)
{
    const struct image_pool *p = op_params(op);
    const struct image_tensor *input = op_input(model, op, 0), *output = op_output(model, op);
    const cmsis_nn_context context = scratch_context(model, op);
    const cmsis_nn_dims filter_dims = {.h = p->filter_h, .w = p->filter_w};
    return pool(&context, (const cmsis_nn_pool_params *)p, dims_of(input), tensor_data(model, input), &filter_dims,
                dims_of(output), tensor_data(model, output));
}

#endif
