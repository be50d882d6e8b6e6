"""Programs that say what a test wants, in a folder that alone is on PATH."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.domain.checkup import Finding

COMPILER = "arm-none-eabi-gcc"


@dataclass(frozen=True)
class FakePrograms:
    """A folder of shell scripts; `good` fills it with all that a run on a simulator needs."""

    folder: Path

    def say(self, name: str, script: str) -> None:
        """Install a program: the shell script `script`."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def remove(self, name: str) -> None:
        """Uninstall a program."""
        (self.folder / name).unlink()

    def good(self) -> None:
        """Install programs that are there, new enough and know the cores and boards of tests."""
        self.compiler()
        self.say("cmake", "echo cmake version 3.25.1; echo; echo CMake suite")
        self.say("ninja", "echo 1.11.1")
        self.say("arm-none-eabi-objdump", "echo 'GNU objdump (2.40-2+18+b1) 2.40'")
        self.say("clang", "echo Debian clang version 14.0.6; echo Target: x86_64-pc-linux-gnu")
        self.say("python3", "echo pip 23.2.1 from /lib/pip")
        self.say(
            "qemu-system-arm",
            'case "$1" in --version) echo "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg)";; '
            '*) echo Supported machines are:; echo "mps2-an500  ARM MPS2";; esac',
        )

    def compiler(self, *, version: str = "12.2.1", newlib: bool = True, core: bool = True) -> None:
        """Install a compiler, with or without newlib, that knows cores or does not."""
        answers = [
            f"*dumpfullversion*) echo {version};;",
            """*newlib.h*) echo '#define _NEWLIB_VERSION "3.3.0"';;"""
            if newlib
            else "*newlib.h*) echo 'fatal error: newlib.h: No such file'; exit 1;;",
            "*print-file-name*) echo /lib/libc.a;;"
            if newlib
            else "*print-file-name*) echo libc.a;;",
            "*fsyntax-only*) ;;" if core else "*fsyntax-only*) echo 'error: bad -mcpu'; exit 1;;",
            "*) exit 9;;",
        ]
        self.say(COMPILER, f'case "$*" in {" ".join(answers)} esac')


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePrograms:
    """A good set of programs as the only ones on PATH, and no variable that points elsewhere."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for variable in ("HARNESS_QEMU", "CMSIS_NN_ROOT", "HARNESS_PATH"):
        monkeypatch.delenv(variable, raising=False)
    fake = FakePrograms(folder)
    fake.good()
    return fake


def named(findings: list[Finding], name: str) -> Finding:
    """The one finding of that name."""
    (found,) = [finding for finding in findings if finding.name == name]
    return found
