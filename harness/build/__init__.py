"""Firmware from sources: CMake, Ninja and the Arm compiler, cached by the content of the inputs."""

from harness.build.checkup import asker, checkup
from harness.build.elf import ElfFacts, read_elf
from harness.build.firmware import build_firmware
from harness.build.libraries import obtain_library

__all__ = ["ElfFacts", "asker", "build_firmware", "checkup", "obtain_library", "read_elf"]
