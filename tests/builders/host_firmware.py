"""The firmware as a native program behind a TCP port: the real core, no simulator."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.domain.image import ModelImage
from harness.link import DeviceClient, open_port
from harness.model import compile_image, read_tflite

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
_SOURCES = ("core", "ports/host", "kernels/reference")
_DEFINES = ('-DHARNESS_TARGET="host"', '-DHARNESS_KERNEL_SET="reference"')
DEADLINE_S = 30.0


def host_program(folder: Path, *flags: str) -> Path:
    """Compile core, port and reference kernels with `flags`, as `-O2`; needs gcc."""
    program = folder / "-".join(("firmware", *(flag.strip("-") for flag in flags)))
    sources = [one for name in _SOURCES for one in sorted((FIRMWARE / name).glob("*.c"))]
    include = [f"-I{FIRMWARE / name}" for name in _SOURCES]
    command = ["gcc", "-std=gnu11", *flags, *_DEFINES, *include, *sources, "-lm"]
    subprocess.run([*command, "-o", program], check=True)
    return program


@contextmanager
def served(program: Path, image: bytes, arena_bytes: int) -> Iterator[str]:
    """Run `program` anew for each client of a free TCP port; yield the URL.

    The connection is its standard input and output: what comes while it computes waits in the
    socket's buffer, which holds more than the receive window that it tells.
    """
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        slot = Path(folder, "image")
        slot.write_bytes(image)
        running: list[subprocess.Popen[bytes]] = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = server.accept()
                    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    command = [program, slot, str(arena_bytes)]
                    with line:
                        running.append(subprocess.Popen(command, stdin=line, stdout=line))

        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        try:
            yield f"socket://127.0.0.1:{server.getsockname()[1]}"
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            accepting.join(DEADLINE_S)
            for process in running:
                process.kill()
                process.wait(DEADLINE_S)


def host_image(program: Path, model: Path) -> ModelImage:
    """The image of `model` with the scratch that the kernels of `program` ask for."""
    network = read_tflite(model)
    image = compile_image(network)
    with (
        served(program, image.data, image.arena_bytes) as url,
        open_port(url, 115200) as port,
    ):
        client = DeviceClient(port)
        client.hello(DEADLINE_S)
        return compile_image(network, scratch=client.describe(DEADLINE_S).scratch_needed)
