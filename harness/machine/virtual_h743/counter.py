"""The instruction counter: a block hook in C, compiled once and kept by the hash of its source."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

COMPILERS = ("cc", "gcc", "clang")
_FLAGS = ("-O2", "-shared", "-fPIC", "-std=c11")
_COMPILE_S = 60.0
NEVER = (1 << 64) - 1


class NoCounter(Exception):
    """Instructions cannot be counted here; the message says why."""


class _Head(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("block", ctypes.c_uint64),
        ("instructions", ctypes.c_uint32),
        ("attention", ctypes.c_uint32),
        ("watched", ctypes.c_int32),
    )


class Counter:
    """A compiled hook with its state; `state` is shared with the running engine.

    Args:
        library: as `counter_library` returned it.
        read_memory, stop: addresses of the engine's functions `uc_mem_read` and `uc_emu_stop`.
    """

    def __init__(self, library: Path, read_memory: int, stop: int) -> None:
        try:
            self._code = ctypes.CDLL(str(library))
        except OSError as error:
            raise NoCounter(f"{library} cannot be loaded: {error}") from error
        self._code.counter_bytes.restype = ctypes.c_size_t
        self._storage = ctypes.create_string_buffer(self._code.counter_bytes())
        self.data = ctypes.addressof(self._storage)
        pointers = (ctypes.c_void_p(self.data), ctypes.c_void_p(read_memory), ctypes.c_void_p(stop))
        self._code.counter_start(*pointers)
        self.state = _Head.from_address(self.data)
        self.hook = ctypes.cast(self._code.counter_on_block, ctypes.c_void_p)

    def watch(self, descriptor: int) -> None:
        """Stop, within some thousand instructions, while there is something to read there."""
        self.state.watched = descriptor

    def forget(self) -> None:
        """Code has changed."""
        self._code.counter_forget(ctypes.c_void_p(self.data))


def counter_library(cache_dir: Path) -> Path:
    """Return the compiled hook, made on first use.

    Raises:
        NoCounter: no C compiler, or it fails, or the cache cannot be written.
    """
    source = resources.files(__package__).joinpath("counter.c").read_bytes()
    key = hashlib.sha256(source + " ".join(_FLAGS).encode()).hexdigest()[:16]
    made = cache_dir / "virtual-h743" / f"counter-{key}.so"
    if made.is_file():
        return made
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise NoCounter(f"no C compiler on PATH ({', '.join(COMPILERS)})")
    try:
        made.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=made.parent) as folder:
            work = Path(folder)
            (work / "counter.c").write_bytes(source)
            _compile(compiler, work / "counter.c", work / made.name)
            (work / made.name).replace(made)
    except OSError as error:
        raise NoCounter(f"{made.parent} cannot be written: {error.strerror}") from error
    return made


def _compile(compiler: str, source: Path, out: Path) -> None:
    said = b""
    with contextlib.suppress(subprocess.TimeoutExpired):
        run = subprocess.run(
            [compiler, *_FLAGS, "-o", str(out), str(source)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMPILE_S,
            check=False,
        )
        said = run.stderr
    if not out.is_file():
        lines = said.decode(errors="replace").strip().splitlines() or ["no output"]
        raise NoCounter(f"{compiler} cannot compile the hook: {lines[0]}")
