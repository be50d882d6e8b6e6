/* What a kernel asks of its record at load time, in parts: see checks.h for the meaning of statuses. */
#ifndef HARNESS_OPERANDS_H
#define HARNESS_OPERANDS_H

#include "checks.h"

/* The record holds `params_bytes` of parameters, `inputs` inputs and one output, all given and int8. */
int check_int8_operands(const struct model *m, const struct image_operator *op, size_t params_bytes, int inputs);

/* The same of two inputs and a third one, a bias of int32 per output channel, that may be absent. */
int check_int8_operands_with_bias(const struct model *m, const struct image_operator *op, size_t params_bytes);

/* Zero points as the offsets that kernels add: of an input, of the output. */
int check_input_offset(int32_t offset);
int check_output_offset(int32_t offset);

/* A Q31 multiplier and its shift; `shift_max` is what the operator's sums leave room for. */
int check_scale(int32_t multiplier, int32_t shift, int32_t shift_max);

int check_bounds(int32_t activation_min, int32_t activation_max);

/* `count` words at an image offset lie inside the image. */
int check_image_words(const struct model *m, uint32_t at, int32_t count);

#endif
