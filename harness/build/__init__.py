"""Firmware from sources: CMake, Ninja and the Arm compiler, cached by the content of the inputs."""

from harness.build.checkup import asker, checkup
from harness.build.core_macros import build_identity, core_macros
from harness.build.elf import ElfFacts, read_elf
from harness.build.firmware import build_firmware
from harness.build.libraries import obtain_library
from harness.build.linked_kernels import linked_kernels

__all__ = [
    "ElfFacts",
    "asker",
    "build_firmware",
    "build_identity",
    "checkup",
    "core_macros",
    "linked_kernels",
    "obtain_library",
    "read_elf",
]
