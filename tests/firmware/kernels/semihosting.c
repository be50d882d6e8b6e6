/* Lets run_kernels.c run on a simulated Cortex-M: standard input and output are the files `requests`
 * and `answers` of the simulator's folder (Arm: "Semihosting for AArch32 and AArch64"). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern uint32_t stack_top[];
int main(void);

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_EXIT = 0x18, READ_BINARY = 1, WRITE_BINARY = 5 };
enum { STOPPED_BY_EXIT = 0x20026, STOPPED_BY_ERROR = 0x20023 };

static uintptr_t call(uintptr_t operation, const void *argument)
{
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static uintptr_t files[2];

static uintptr_t open_file(const char *name, uintptr_t mode)
{
    const uintptr_t block[] = {(uintptr_t)name, mode, strlen(name)};
    return call(SYS_OPEN, block);
}

int _read(int file, char *to, int bytes)
{
    const uintptr_t block[] = {files[file], (uintptr_t)to, (uintptr_t)bytes};
    return bytes - (int)call(SYS_READ, block);
}

int _write(int file, char *from, int bytes)
{
    const uintptr_t block[] = {files[file], (uintptr_t)from, (uintptr_t)bytes};
    return bytes - (int)call(SYS_WRITE, block);
}

void _exit(int status)
{
    call(SYS_EXIT, (const void *)(uintptr_t)(status ? STOPPED_BY_ERROR : STOPPED_BY_EXIT));
    for (;;) {
    }
}

static void reset(void)
{
#ifdef __ARM_FP
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: CP10 and CP11 (Armv7-M, B3.2.20) */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    files[STDIN_FILENO] = open_file("requests", READ_BINARY);
    files[STDOUT_FILENO] = open_file("answers", WRITE_BINARY);
    exit(main());
}

static void fault(void)
{
    _exit(1);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    stack_top, (const void *)reset, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault,
};
