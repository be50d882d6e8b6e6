"""What a device's error reply means: each code as the exception that says whose turn it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from harness.errors import (
    DeviceError,
    DeviceFault,
    HarnessError,
    ImageTooLarge,
    KernelRefused,
    Saturated,
    UnsupportedOperator,
    WrongInput,
    WrongModel,
)
from harness.link.cursor import Cursor

_NO_OPERATOR = 0xFFFF
_REGISTER = re.compile(r"(\w+)=(?:0x)?([0-9a-fA-F]{1,8})\b")
_CHECKS = {1: "version", 2: "size", 3: "CRC-32", 4: "offsets", 5: "an operator record"}

# Bits of the Configurable Fault Status Register: Armv7-M Architecture Reference Manual, B3.2.15;
# bit 20: Armv8-M Architecture Reference Manual, CFSR.
_CFSR_BITS = {
    0: "IACCVIOL",
    1: "DACCVIOL",
    3: "MUNSTKERR",
    4: "MSTKERR",
    5: "MLSPERR",
    8: "IBUSERR",
    9: "PRECISERR",
    10: "IMPRECISERR",
    11: "UNSTKERR",
    12: "STKERR",
    13: "LSPERR",
    16: "UNDEFINSTR",
    17: "INVSTATE",
    18: "INVPC",
    19: "NOCP",
    20: "STKOF",
    24: "UNALIGNED",
    25: "DIVBYZERO",
}

# What a kernel means by its status: `arm_cmsis_nn_status` in CMSIS-NN's arm_nn_types.h.
_STATUS = {
    -1: "argument error: its parameters, shapes or types do not fit each other",
    -2: "no implementation: it is sound, but of a shape or kind that this kernel set cannot do",
    -3: "failure: a logical error inside the kernel",
}


class Code(IntEnum):
    """Error codes of the protocol."""

    BAD_REQUEST = 1
    NO_MODEL = 2
    BAD_MODEL = 3
    NO_KERNEL = 4
    ARENA_TOO_SMALL = 5
    SCRATCH_TOO_SMALL = 6
    KERNEL_REFUSED = 7
    COUNTER_OVERFLOW = 8
    FAULT = 9
    INPUT_TOO_LARGE = 10
    LOST = 11
    WRONG_INPUT = 12
    NO_PIN = 13


@dataclass(frozen=True)
class Refusal:
    """A decoded error reply: `operator` is None where the error belongs to none."""

    code: int
    operator: int | None
    detail: int
    text: str


def is_lost(payload: bytes) -> bool:
    """Tell whether an error reply asks to repeat what was lost, and so refuses nothing."""
    return payload[:2] == Code.LOST.to_bytes(2, "little")


def decode_refusal(payload: bytes, where: str = "") -> Refusal:
    """Return the fields of an error reply.

    Raises:
        BadFrame: too short or too long.
    """
    cursor = Cursor(payload, "the error reply", where)
    code, operator, detail = cursor.take("<HHi")
    text = cursor.string()
    cursor.end()
    return Refusal(code, None if operator == _NO_OPERATOR else operator, detail, text)


def as_error(
    refusal: Refusal,
    request: str,
    where: str = "",
    operators: Sequence[str] = (),
    arena_bytes: int = 0,
) -> HarnessError:
    """Return the exception for a refusal of `request`.

    `operators` names the operators of the loaded image in order, as far as known; `arena_bytes` is
    the arena that the device offers.
    """
    name = _operator_name(refusal.operator, operators)
    detail = refusal.detail
    said = f" ({refusal.text})" if refusal.text else ""
    match refusal.code:
        case Code.BAD_REQUEST:
            return DeviceError(
                f"the device refused {request}{said}: unknown, of the wrong size or out of range",
                where=where,
                hint="Flash firmware that this harness built, and check the size of the inputs.",
            )
        case Code.NO_MODEL:
            return WrongModel(
                f"no model image is loaded{said}: the slot starts with the word "
                f"0x{detail & 0xFFFFFFFF:08x}",
                where=where,
                hint="Write the model image into the model slot and ask DESCRIBE first.",
            )
        case Code.BAD_MODEL:
            check = _CHECKS.get(detail, f"check {detail}")
            return WrongModel(
                f"the device refused the model image in its slot{said}: {check} is wrong"
                + (f", {name}" if name else ""),
                where=where,
                hint="Write the image again; if it stays, check that host and firmware match.",
            )
        case Code.NO_KERNEL:
            return UnsupportedOperator(
                f"the firmware has no kernel for {name or 'an operator'}, opcode {detail}{said}",
                where=where,
                hint="Choose another kernel set (`harness kernels`) or another model.",
            )
        case Code.ARENA_TOO_SMALL:
            return ImageTooLarge(
                "the device's arena",
                need=detail,
                have=arena_bytes,
                where=where,
                hint="Choose a smaller model or a target with more memory (`harness targets`).",
            )
        case Code.INPUT_TOO_LARGE:
            return DeviceError(
                f"the device's input buffer is too small: the inputs need {detail:,} bytes{said}",
                where=where,
                hint="Define a larger HARNESS_INPUT_BYTES in the target's [defines].",
            )
        case Code.WRONG_INPUT:
            return WrongInput(
                f"the device's pool holds other bytes than were written{said}: their CRC-32 is "
                f"0x{detail & 0xFFFFFFFF:08x}",
                where=where,
                hint="Check the probe's cable and clock, or take `--inputs link`.",
            )
        case Code.NO_PIN:
            return DeviceError(
                f"the device has no pin for {request}{said}, or it is MLPerf Tiny's alone",
                where=where,
                hint="Name a pin in the target's [defines], or take another build (`--build`).",
            )
        case Code.SCRATCH_TOO_SMALL:
            return WrongModel(
                f"the model image reserves too little scratch for {name}: its kernel needs "
                f"{detail} bytes{said}",
                where=where,
                hint="Compile the image again with the scratch that DESCRIBE reports.",
            )
        case Code.KERNEL_REFUSED:
            return _kernel_refused(refusal, request, name, where)
        case Code.COUNTER_OVERFLOW:
            return Saturated(
                f"one inference took longer than the device's counter can tell{said}",
                where=where,
                hint="Choose a smaller model, or a target with a wider counter.",
            )
        case Code.FAULT:
            return _fault(refusal, name, where)
        case _:
            return DeviceError(
                f"the device answered {request} with unknown error code {refusal.code}, "
                f"detail {detail}{said}",
                where=where,
                hint="Flash firmware that this harness built.",
            )


def _operator_name(index: int | None, operators: Sequence[str]) -> str:
    if index is None:
        return ""
    if index < len(operators):
        return f"operator {index} ({operators[index]})"
    return f"operator {index}"


def _kernel_refused(refusal: Refusal, request: str, name: str, where: str) -> KernelRefused:
    status = refusal.detail
    said = "" if refusal.text in name else f" ({refusal.text})"
    meaning = f", {_STATUS[status]}" if status in _STATUS else ""
    return KernelRefused(
        f"the kernel of {name or 'an operator'}{said} returned status {status} to "
        f"{request}{meaning}",
        operator=-1 if refusal.operator is None else refusal.operator,
        status=status,
        where=where,
        hint="Use another kernel set (`harness kernels`): `--kernels reference` shows whether "
        "only this one refuses.",
    )


def _fault(refusal: Refusal, name: str, where: str) -> DeviceFault:
    registers = {key: int(value, 16) for key, value in _REGISTER.findall(refusal.text)}
    registers["cfsr"] = refusal.detail & 0xFFFFFFFF
    causes = [bit for n, bit in _CFSR_BITS.items() if registers["cfsr"] >> n & 1]
    shown = " ".join(f"{key}=0x{value:08x}" for key, value in registers.items())
    return DeviceFault(
        f"the processor took a fault{f' in {name}' if name else ''}: "
        f"{', '.join(causes) or 'no cause in CFSR'}; {shown}",
        registers=registers,
        where=where,
        hint="Look the pc up with `arm-none-eabi-addr2line -f -e` and the ELF of this build.",
    )
