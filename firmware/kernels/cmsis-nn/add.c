/* ADD through arm_elementwise_add_s8. */
#include "layout.h"
#include "runs.h"

static int prepare(const struct model *model, const struct image_operator *op, uint32_t *scratch_bytes)
{
    *scratch_bytes = 0;
    const int status = check_add(model, op);
    if (status)
        return status;
    const struct image_add *p = op_params(op);
    /* The DSP path shifts 16-bit halves without their sign: below 16 it would be lost. */
    return p->left_shift < 16 ? NOT_IMPLEMENTED : 0;
}

static int add(const void *params, const struct run *run)
{
    const struct image_add *p = params;
    return arm_elementwise_add_s8(run->in1, run->in2, p->input1_offset, p->input1_multiplier, p->input1_shift,
                                  p->input2_offset, p->input2_multiplier, p->input2_shift, p->left_shift, run->out,
                                  p->output_offset, p->output_multiplier, p->output_shift, p->activation_min,
                                  p->activation_max, run->length);
}

static int each_run(const void *params, const struct run *run)
{
    return for_each_vector(params, run, add);
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return for_each_run(model, op, each_run);
}

KERNEL(0, "ADD", prepare, invoke);
