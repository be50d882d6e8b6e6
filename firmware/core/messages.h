/* Answers to the requests of firmware/PROTOCOL.md. */
#ifndef HARNESS_MESSAGES_H
#define HARNESS_MESSAGES_H

#include "frame.h"
#include "memory_map.h"

/* What a processor fault leaves behind: the stacked frame and the fault status registers. */
struct fault_registers {
    uint32_t pc, lr, cfsr, hfsr, bfar;
};

/* Answer one request: one frame goes out, or none to one that came too early before any HELLO. */
void messages_answer(const struct memory *memory, const struct frame *request);

/* A frame came damaged, or requests before one were lost: ask for what is missing. */
void messages_damaged(void);

/* Answer the request under way with FAULT; called from the fault handler. */
void messages_fault(const struct fault_registers *registers);

#endif
