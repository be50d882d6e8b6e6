"""Every command and example of the READMEs works as written.

Cheap commands run. `harness run` and `pytest --target` are parsed with every option as the real
program does; running them is what other tests do. The starter's own commands are what continuous
integration runs.
"""

from __future__ import annotations

import ast
import configparser
import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from checkout import ROOT, name_of, tracked

FENCE = re.compile(r"(?ms)^( *)```(\w+)\n(.*?)^\1```")
SHELL = {"sh", "shell", "bash"}
CHEAP = {"targets", "models", "kernels", "datasets", "doctor", "--help", "--version"}

# With these words a cheap command builds, downloads, writes a file or opens ports.
DEAR = {"bench", "calls", "coverage", "quantise", "--write-rig", "--probe-ports"}


def blocks(*languages: str) -> Iterator[tuple[Path, str]]:
    """Each fenced block in one of the languages, with its file."""
    for file in tracked(".md"):
        for _, language, text in FENCE.findall(file.read_text(encoding="utf-8")):
            if language in languages:
                yield file, text


def commands_of(text: str, *, transcript: bool) -> Iterator[list[str]]:
    """The words of each command; in a transcript only lines that begin with a prompt are."""
    for line in text.replace("\\\n", " ").splitlines():
        if transcript and not line.startswith("$ "):
            continue
        for part in line.removeprefix("$ ").split(" && "):
            if words := shlex.split(part, comments=True):
                yield words


def found_commands() -> Iterator[tuple[str, list[str]]]:
    for file, text in blocks(*SHELL):
        yield from ((name_of(file), words) for words in commands_of(text, transcript=False))
    for file, text in blocks("console"):
        yield from ((name_of(file), words) for words in commands_of(text, transcript=True))


def run(*words: str) -> None:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr or done.stdout


def check_harness(words: list[str]) -> None:
    from harness.cli.app import app

    asked = {words[0], *({"--help", "--version"} & set(words))}
    if not CHEAP.isdisjoint(asked) and DEAR.isdisjoint(words):
        return run(sys.executable, "-c", "from harness.cli import main; main()", *words)
    name, *options = words
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    if options and options[0] in getattr(command, "commands", {}):
        command, (name, *options) = command.commands[options[0]], options
    command.make_context(name, options)
    return None


def check_pytest(words: list[str]) -> None:
    """Options must be known; a test file that only the reader has is left out."""
    named = [word for word in words if word.startswith("-") or (ROOT / word).exists()]
    collected = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    run(sys.executable, *collected, *named, *([] if "tests" in str(named) else ["tests/bench"]))


def check_start(words: list[str]) -> None:
    usage = subprocess.run(
        [ROOT / "start", "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert f"\n  {words[0]} " in usage.stdout


def check_tox(words: list[str]) -> None:
    ini = configparser.ConfigParser()
    ini.read(ROOT / "tox.ini")
    assert words[0] == "-e"
    for environment in words[1].split(","):
        assert environment == "py" or f"testenv:{environment}" in ini


def check_python(words: list[str]) -> None:
    if words[0].endswith(".py"):
        assert (ROOT / words[0]).is_file()
        return
    assert words[0] == "-m"
    assert importlib.util.find_spec(words[1])


def check_pip(words: list[str]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name in re.findall(r"\[([\w,]+)\]", " ".join(words)):
        assert set(name.split(",")) <= set(extras["optional-dependencies"])


def check_pyocd(words: list[str]) -> None:
    run(sys.executable, "-m", "pyocd", words[0], "--help")


def not_ours(words: list[str]) -> None:
    """A program that is not part of the project: nothing to check beyond its presence here."""


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "harness": check_harness,
    "pytest": check_pytest,
    "start": check_start,
    "tox": check_tox,
    "python": check_python,
    "pip": check_pip,
    "pyocd": check_pyocd,
    **dict.fromkeys(("git", "cd", "sudo", "apt-get", "export"), not_ours),
}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        pytest.param(file, words, id=f"{file}: {shlex.join(words)}")
        for file, words in found_commands()
    ],
)
def test_command_works_as_written(file: str, words: list[str]) -> None:
    while re.fullmatch(r"[A-Z_]+=\S*", words[0]):  # NAME=value before a command
        words = words[1:]
    program = Path(words[0]).name
    assert program in CHECKS, f"{file}: teach this test what `{program}` is"
    CHECKS[program](words[1:])


def test_the_two_commands_are_on_the_first_screen() -> None:
    words = [words for file, words in found_commands() if file == "README.md"]
    assert ["./start", "demo"] in words
    assert ["./start", "test"] in words
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40]
    assert any("./start demo" in line for line in first_screen)
    assert any("./start test" in line for line in first_screen)


@pytest.mark.parametrize(
    ("file", "text"), [pytest.param(f, t, id=name_of(f)) for f, t in blocks("python")]
)
def test_python_example_is_python(file: Path, text: str) -> None:
    ast.parse(text, name_of(file))


@pytest.mark.parametrize(
    ("file", "text"), [pytest.param(f, t, id=name_of(f)) for f, t in blocks("toml")]
)
def test_toml_example_is_toml(file: Path, text: str) -> None:
    tomllib.loads(text)


def test_links_between_files_lead_somewhere() -> None:
    broken = [
        f"{name_of(file)}: {target}"
        for file in tracked(".md")
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", file.read_text(encoding="utf-8"))
        if "://" not in target and not (file.parent / target).exists()
    ]
    assert broken == []


def test_commands_are_read_as_a_reader_would() -> None:
    text = "$ git clone x && cd x\nCloning...\n$ harness run -t a \\\n    -k b  # why\n"
    assert list(commands_of(text, transcript=True)) == [
        ["git", "clone", "x"],
        ["cd", "x"],
        ["harness", "run", "-t", "a", "-k", "b"],
    ]
