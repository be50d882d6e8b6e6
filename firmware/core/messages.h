/* Answers to the requests of firmware/PROTOCOL.md. */
#ifndef HARNESS_MESSAGES_H
#define HARNESS_MESSAGES_H

#include "frame.h"
#include "memory_map.h"

/* What a processor fault leaves behind: the stacked frame and the fault status registers. */
struct fault_registers {
    uint32_t pc, lr, cfsr, hfsr, bfar;
};

/* Answer one request: exactly one frame goes out. */
void messages_answer(const struct memory *memory, const struct frame *request);

/* Answer the request under way with FAULT; called from the fault handler. */
void messages_fault(const struct fault_registers *registers);

#endif
