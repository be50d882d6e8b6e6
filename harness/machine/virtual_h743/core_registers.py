"""The core's registers by the names a debugger uses, and the engine's numbers for them."""

from __future__ import annotations

from unicorn import arm_const as arm

REGISTERS: dict[str, int] = {
    **{f"r{n}": getattr(arm, f"UC_ARM_REG_R{n}") for n in range(13)},
    **{f"s{n}": getattr(arm, f"UC_ARM_REG_S{n}") for n in range(32)},
    **{f"d{n}": getattr(arm, f"UC_ARM_REG_D{n}") for n in range(16)},
    "sp": arm.UC_ARM_REG_SP,
    "lr": arm.UC_ARM_REG_LR,
    "pc": arm.UC_ARM_REG_PC,
    "xpsr": arm.UC_ARM_REG_XPSR,
    "msp": arm.UC_ARM_REG_MSP,
    "psp": arm.UC_ARM_REG_PSP,
    "primask": arm.UC_ARM_REG_PRIMASK,
    "basepri": arm.UC_ARM_REG_BASEPRI,
    "faultmask": arm.UC_ARM_REG_FAULTMASK,
    "control": arm.UC_ARM_REG_CONTROL,
    "fpscr": arm.UC_ARM_REG_FPSCR,
}
