"""The starter says what is missing and how to get it, before it changes anything."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from checkout import ROOT

# What the script itself may rely on in a bare Debian.
BASICS = ("cat", "dirname", "id", "mkdir", "mv", "rm", "sed", "sh", "sha256sum", "tail", "tr")


class Machine:
    """A checkout in a folder with a space in its name, and a PATH of chosen programs."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "a clone"
        self.checkout.mkdir()
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name in ("start", "pyproject.toml", "requirements.txt", "requirements-test.txt"):
            shutil.copy(ROOT / name, self.checkout)
        for name in BASICS:
            self.link(name)

    def link(self, name: str) -> None:
        found = shutil.which(name)
        assert found, f"{name} is needed by this test"
        (self.programs / name).symlink_to(found)

    def write(self, name: str, script: str) -> None:
        program = self.programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def python(self, version: tuple[int, int]) -> None:
        """A python3 that answers as that version does, and has venv."""
        major, minor = version
        enough = 0 if version >= (3, 11) else 1
        self.write(
            "python3",
            f'case "$2" in *sys.exit*) exit {enough};; *platform*) echo {major}.{minor}.6;; '
            f"*version_info*) echo {major}.{minor};; *ensurepip*) exit 0;; esac",
        )

    def start(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.checkout / "start"), *words],
            env={"PATH": str(self.programs), "HOME": str(self.checkout)},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_help_names_the_commands(machine: Machine) -> None:
    for words in ((), ("--help",)):
        done = machine.start(*words)
        assert done.returncode == 0
        assert all(f"\n  {name} " in done.stdout for name in ("demo", "test", "setup"))


def test_unknown_command_is_refused(machine: Machine) -> None:
    done = machine.start("dmeo")
    assert done.returncode == 2
    assert "there is no command 'dmeo'" in done.stderr


def test_old_python_is_named_with_what_to_do(machine: Machine) -> None:
    machine.python((3, 10))
    done = machine.start("demo")
    assert done.returncode == 3
    assert "Python 3.11 or newer is needed; python3 here is: 3.10.6." in done.stderr
    assert "sudo apt-get install python3.11 python3.11-venv" in done.stderr
    assert "PYTHON=/path/to/python3 ./start demo" in done.stderr


def test_without_apt_the_packages_are_listed(machine: Machine) -> None:
    machine.python((3, 12))
    done = machine.start("demo")
    assert done.returncode == 3
    assert "There is no apt-get here." in done.stderr
    wanted = "gcc-arm-none-eabi libnewlib-arm-none-eabi cmake ninja-build qemu-system-arm git"
    assert f"apt-get install --no-install-recommends {wanted}\n" in done.stderr
    assert not (machine.checkout / ".venv").exists()


def test_tests_need_a_host_compiler_too(machine: Machine) -> None:
    machine.python((3, 12))
    assert "qemu-system-arm git gcc libc6-dev\n" in machine.start("test").stderr


def test_without_rights_the_packages_are_listed(machine: Machine) -> None:
    machine.python((3, 12))
    (machine.programs / "id").unlink()
    machine.write("id", "echo 1000")
    machine.write("apt-get", "exit 99")
    done = machine.start("demo")
    assert done.returncode == 3
    assert "This user may not install system packages." in done.stderr
    assert "sudo apt-get update && sudo apt-get install" in done.stderr


def test_a_failing_apt_shows_its_last_words(machine: Machine) -> None:
    machine.python((3, 12))
    for name in ("env", "timeout"):
        machine.link(name)
    (machine.programs / "id").unlink()
    machine.write("id", "echo 0")
    machine.write("dpkg", "exit 0")
    machine.write("apt-get", 'echo "E: cannot reach the mirror"; exit 100')
    done = machine.start("demo")
    assert done.returncode == 3
    assert "E: cannot reach the mirror" in done.stderr
    assert "apt-get could not install them" in done.stderr


def test_apt_that_installs_nothing_is_noticed(machine: Machine) -> None:
    machine.python((3, 12))
    for name in ("env", "timeout"):
        machine.link(name)
    (machine.programs / "id").unlink()
    machine.write("id", "echo 0")
    machine.write("dpkg", "exit 0")
    machine.write("apt-get", "exit 0")
    done = machine.start("demo")
    assert done.returncode == 3
    assert "still missing after apt-get: gcc-arm-none-eabi" in done.stderr
