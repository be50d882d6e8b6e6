/* MINIMUM: the smaller of two elements. */
#include "extremum.h"

static int each_run(const void *params, const struct run *run)
{
    const int8_t *in1 = run->in1, *in2 = run->in2;
    int8_t *const out = run->out;
    (void)params;
    for (int32_t i = 0; i < run->length; i++, in1 += run->step1, in2 += run->step2)
        out[i] = *in1 < *in2 ? *in1 : *in2;
    return 0;
}

static int invoke(const struct model *model, const struct image_operator *op)
{
    return for_each_run(model, op, each_run);
}

KERNEL(57, "MINIMUM", prepare, invoke);
