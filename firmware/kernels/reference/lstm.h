/* The parameters of UNIDIRECTIONAL_SEQUENCE_LSTM, its operands, and what the kernels of all sets ask of them. */
#ifndef HARNESS_LSTM_H
#define HARNESS_LSTM_H

#include "operands.h"

/* What a gate adds up before its sigmoid or tanh; biases hold the share of the zero points, too. */
struct lstm_gate {
    int32_t input_multiplier, input_shift;
    int32_t recurrent_multiplier, recurrent_shift;
    uint32_t input_bias_at, recurrent_bias_at;
};

enum { LSTM_INPUT_GATE, LSTM_FORGET_GATE, LSTM_CELL_GATE, LSTM_OUTPUT_GATE, LSTM_GATES };

struct lstm_params {
    int32_t time_major;
    int32_t cell_shift; /* the cells' scale is 2^cell_shift */
    int32_t cell_clip;  /* their largest magnitude, 0: any */
    int32_t hidden_multiplier, hidden_shift, hidden_offset;
    struct lstm_gate gates[LSTM_GATES];
};

/* Input [batches, steps, depth], or steps first; weights of each gate [cells, depth], then [cells, cells];
 * states of outputs and of cells [batches, cells]; output as the input, with cells. */
enum {
    LSTM_INPUT,
    LSTM_INPUT_WEIGHTS,
    LSTM_RECURRENT_WEIGHTS = LSTM_INPUT_WEIGHTS + LSTM_GATES,
    LSTM_OUTPUT_STATE = LSTM_RECURRENT_WEIGHTS + LSTM_GATES,
    LSTM_CELL_STATE,
    LSTM_OUTPUT,
};

struct lstm_sizes {
    int32_t batches, steps, depth, cells;
};

static inline struct lstm_sizes lstm_sizes(const struct model *m, const struct image_operator *op)
{
    const struct image_dims *x = &op_tensor(m, op, LSTM_INPUT)->dims, *y = &op_tensor(m, op, LSTM_OUTPUT)->dims;
    const struct lstm_params *p = op_params(op);
    return p->time_major ? (struct lstm_sizes){x->w, x->h, x->c, y->c} : (struct lstm_sizes){x->h, x->w, x->c, y->c};
}

/* Where a step of a batch lies among the rows of input and output. */
static inline int32_t lstm_row(const struct lstm_params *p, const struct lstm_sizes *s, int32_t batch, int32_t step)
{
    return p->time_major ? step * s->batches + batch : batch * s->steps + step;
}

int check_lstm(const struct model *m, const struct image_operator *op);

#endif
