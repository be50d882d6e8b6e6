/* MUL through arm_elementwise_mul_s8. */
#include "../reference/mul.h"
#include "layout.h"
#include "runs.h"

static int multiply(const void *params, const struct run *run)
{
    const struct mul_params *p = params;
    return arm_elementwise_mul_s8(run->in1, run->in2, p->input1_offset, p->input2_offset, run->out, p->output_offset,
                                  p->multiplier, p->shift, p->activation_min, p->activation_max, run->length);
}

static int each_run(const void *params, const struct run *run)
{
    return for_each_vector(params, run, multiply);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return for_each_run(model, op, each_run);
}

KERNEL(18, "MUL", prepare, invoke);
