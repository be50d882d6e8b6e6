"""CMSIS-NN from a tree of the user's, or downloaded once, whole and checked."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from harness.build import obtain_library
from harness.build.libraries.cmsis_nn import PINNED, Release, describe, download, obtain, unpack
from harness.errors import LibraryUnavailable, ToolMissing

INSIDE = "aidge_export_arm_cortexm/_CMSIS-NN/CMSIS-NN"
HEADER = "/*\n * $Revision:    V.7.8.9\n */\n"
FILES = {
    "Include/arm_nnfunctions.h": HEADER,
    "Include/Internal/arm_nn_compiler.h": "",
    "Source/Conv/conv.c": "int conv;\n",
}


def expected_tree_hash() -> str:
    """sha256 over sorted path, NUL, size, NUL, content: worked out by hand for FILES."""
    order = [
        "Include/Internal/arm_nn_compiler.h",
        "Include/arm_nnfunctions.h",
        "Source/Conv/conv.c",
    ]
    parts = [f"{name}\0{len(FILES[name])}\0{FILES[name]}" for name in order]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


RELEASE = Release("dist", "1", "0" * 64, expected_tree_hash())


def wheel(path: Path, **members: str) -> Path:
    """A wheel with FILES in a CMSIS-NN tree, other files around it, and `members`."""
    others = {f"{INSIDE}/Tests/big.c": "", f"{INSIDE}/LICENSE": "", "dist/__init__.py": ""}
    inside = {f"{INSIDE}/{name}": text for name, text in FILES.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (others | inside | members).items():
            archive.writestr(name, text)
    return path


def fetch(release: Release, folder: Path) -> Path:
    """Stand in for pip."""
    return wheel(folder / "x.whl")


@pytest.fixture(autouse=True)
def without_own_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CMSIS_NN_ROOT", raising=False)


def own_tree(root: Path) -> Path:
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_downloaded_once_and_only_what_is_needed(tmp_path: Path) -> None:
    heard: list[str] = []
    first = obtain(tmp_path, heard.append, release=RELEASE, fetch=fetch)
    second = obtain(tmp_path, heard.append, release=RELEASE, fetch=fetch)
    assert first == second
    assert heard == ["downloading CMSIS-NN"]
    assert (first.name, first.version, first.tree_hash) == (
        "cmsis-nn",
        "7.8.9",
        expected_tree_hash(),
    )
    unpacked = {p.relative_to(first.root).as_posix() for p in first.root.rglob("*") if p.is_file()}
    assert unpacked == set(FILES)


def test_two_at_once_download_once(tmp_path: Path) -> None:
    heard: list[str] = []
    start = threading.Barrier(2)

    def together(_: int) -> Path:
        start.wait(timeout=10)
        return obtain(tmp_path, heard.append, release=RELEASE, fetch=fetch).root

    with ThreadPoolExecutor(2) as pool:
        roots = set(pool.map(together, range(2)))
    assert len(roots) == 1
    assert heard == ["downloading CMSIS-NN"]


def test_an_interrupted_download_leaves_nothing(tmp_path: Path) -> None:
    def interrupted(release: Release, folder: Path) -> Path:
        wheel(folder / "x.whl")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        obtain(tmp_path, print, release=RELEASE, fetch=interrupted)
    assert [p.suffix for p in (tmp_path / "libraries").iterdir()] == [".lock"]
    assert obtain(tmp_path, print, release=RELEASE, fetch=fetch).version == "7.8.9"


@pytest.mark.parametrize("damage", ["changed", "file gone", "header gone", "added"])
def test_a_damaged_tree_is_downloaded_again(tmp_path: Path, damage: str) -> None:
    root = obtain(tmp_path, print, release=RELEASE, fetch=fetch).root
    if damage == "changed":
        (root / "Source/Conv/conv.c").write_text("int vnoc;\n")
    elif damage == "added":
        (root / "Source/extra.c").write_text("")
    else:
        (root / {"file gone": "Include/Internal/arm_nn_compiler.h"}.get(
            damage, "Include/arm_nnfunctions.h"
        )).unlink()  # fmt: skip
    again = obtain(tmp_path, print, release=RELEASE, fetch=fetch)
    assert again.tree_hash == expected_tree_hash()
    assert (root / "Source/Conv/conv.c").read_text() == "int conv;\n"


def test_a_tree_that_is_not_the_pinned_one(tmp_path: Path) -> None:
    other = replace(RELEASE, tree_hash="1" * 64)
    with pytest.raises(LibraryUnavailable) as caught:
        obtain(tmp_path, print, release=other, fetch=fetch)
    assert caught.value.what == "the downloaded CMSIS-NN is not the pinned tree"
    assert caught.value.hint == "Set CMSIS_NN_ROOT to a CMSIS-NN tree."


def test_own_tree_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMSIS_NN_ROOT", str(own_tree(tmp_path / "nn")))
    found = obtain_library("cmsis-nn", tmp_path / "cache")
    assert (found.root, found.version) == (tmp_path / "nn", "7.8.9")
    assert found.tree_hash == expected_tree_hash()
    assert not (tmp_path / "cache").exists()


def test_own_tree_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMSIS_NN_ROOT", str(tmp_path / "gone"))
    with pytest.raises(LibraryUnavailable) as caught:
        obtain_library("cmsis-nn", tmp_path)
    header = tmp_path / "gone" / "Include" / "arm_nnfunctions.h"
    assert str(caught.value) == (
        f"CMSIS_NN_ROOT: {header} cannot be read: No such file or directory\n"
        "  -> Set CMSIS_NN_ROOT to the folder of a CMSIS-NN checkout or unpacked pack."
    )
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("name", "text", "missing"),
    [
        ("Include/arm_nnfunctions.h", "no version", "no $Revision in Include/arm_nnfunctions.h"),
        ("Source/Conv/conv.c", None, "no .c files below Source"),
    ],
)
def test_own_tree_incomplete(tmp_path: Path, name: str, text: str | None, missing: str) -> None:
    root = own_tree(tmp_path / "nn")
    if text is None:
        (root / name).unlink()
    else:
        (root / name).write_text(text)
    with pytest.raises(LibraryUnavailable) as caught:
        describe(root, where="CMSIS_NN_ROOT")
    assert caught.value.what == f"{root} has {missing}"


def test_unknown_library(tmp_path: Path) -> None:
    with pytest.raises(LibraryUnavailable) as caught:
        obtain_library("cmsis-dsp", tmp_path)
    assert caught.value.what == "there is no library 'cmsis-dsp'"
    assert "cmsis-nn" in caught.value.hint


@pytest.mark.parametrize("name", [f"{INSIDE}/Source/../../../evil.c", f"{INSIDE}/Source/../../e"])
def test_a_path_that_leaves_the_tree(tmp_path: Path, name: str) -> None:
    file = wheel(tmp_path / "x.whl", **{name: "evil"})
    with pytest.raises(LibraryUnavailable) as caught:
        unpack(file, tmp_path / "deep" / "tree")
    assert caught.value.what == f"the downloaded package is damaged: {name} leads out of the tree"
    assert not [p for p in tmp_path.rglob("*") if p.name in {"evil.c", "e"}]


def test_a_package_without_the_tree(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as archive:
        archive.writestr("dist/__init__.py", "")
    with pytest.raises(LibraryUnavailable, match=f"the package holds no {INSIDE}"):
        unpack(tmp_path / "x.whl", tmp_path / "tree")


def test_a_package_cut_at_any_length(tmp_path: Path) -> None:
    whole = wheel(tmp_path / "x.whl").read_bytes()
    for length in range(0, len(whole), 29):
        (tmp_path / "x.whl").write_bytes(whole[:length])
        with pytest.raises(LibraryUnavailable, match="the downloaded package is damaged"):
            unpack(tmp_path / "x.whl", tmp_path / "tree")


def fake_python(tmp_path: Path, body: str) -> str:
    """A program that is started as `python -m pip ...`; $dest is pip's --dest."""
    path = tmp_path / "python"
    path.write_text(
        '#!/bin/sh\ncase "$*" in *--version*) exit $PIP_VERSION_STATUS;; esac\n'
        'while [ "$1" != --dest ]; do shift; done; dest=$2\n' + body + "\n"
    )
    path.chmod(0o755)
    return str(path)


@pytest.fixture(autouse=True)
def pip_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_VERSION_STATUS", "0")


def test_no_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_VERSION_STATUS", "1")
    python = fake_python(tmp_path, "exit 1")
    with pytest.raises(ToolMissing) as caught:
        download(PINNED, tmp_path, python=python)
    assert str(caught.value) == (
        f"{python}: pip is not in this Python environment; it is needed to download CMSIS-NN\n"
        f"  -> Run `{python} -m ensurepip`, or set CMSIS_NN_ROOT to a CMSIS-NN tree."
    )


def test_no_network(tmp_path: Path) -> None:
    python = fake_python(tmp_path, "echo WARNING: x; echo ERROR: No matching; exit 1")
    with pytest.raises(LibraryUnavailable) as caught:
        download(PINNED, tmp_path, python=python)
    assert str(caught.value) == (
        "pip download: CMSIS-NN (aidge_export_arm_cortexm 0.2.1) could not be downloaded: "
        "ERROR: No matching\n"
        "  -> Check the network, or set CMSIS_NN_ROOT to a CMSIS-NN tree."
    )


@pytest.mark.parametrize(
    "body", ["echo other > $dest/a.whl", "true", "touch $dest/a.whl $dest/b.whl"]
)
def test_another_file_than_the_pinned(tmp_path: Path, body: str) -> None:
    with pytest.raises(LibraryUnavailable) as caught:
        download(PINNED, tmp_path, python=fake_python(tmp_path, body))
    assert caught.value.what == (
        f"pip downloaded something else than aidge_export_arm_cortexm 0.2.1 with sha256 "
        f"{PINNED.sha256}"
    )
    assert (
        caught.value.hint == "Check pip's package index, or set CMSIS_NN_ROOT to a CMSIS-NN tree."
    )


def test_pip_is_asked_for_the_pinned_hash(tmp_path: Path) -> None:
    content = b"the wheel"
    pinned = replace(PINNED, sha256=hashlib.sha256(content).hexdigest())
    python = fake_python(tmp_path, f"printf '%s' '{content.decode()}' > $dest/a.whl")
    assert download(pinned, tmp_path, python=python) == tmp_path / "a.whl"
    assert (tmp_path / "requirements.txt").read_text() == (
        f"aidge_export_arm_cortexm==0.2.1 --hash=sha256:{pinned.sha256}\n"
    )
