"""Options of `harness mlperf` that say which device it is, and what they mean together."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.completion import complete_build, complete_kernels, complete_model, complete_target
from harness.errors import ConfigError

DEVICE = "The device"

Port = Annotated[
    str | None,
    typer.Option(
        "--port",
        "-p",
        help="Serial port or pyserial URL (socket://host:port) of any device.",
        show_default=False,
        rich_help_panel=DEVICE,
    ),
]
Baud = Annotated[
    int | None,
    typer.Option(
        min=300, help="Baud rate of --port.", show_default="115200", rich_help_panel=DEVICE
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        "-t",
        help="Instead of --port: a target to build, flash and start as the device.",
        show_default=False,
        rich_help_panel=DEVICE,
        autocompletion=complete_target,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="With --target: path of a .tflite.",
        show_default=False,
        rich_help_panel=DEVICE,
        autocompletion=complete_model,
    ),
]
Kernels = Annotated[
    str | None,
    typer.Option(
        "--kernels",
        "-k",
        help="With --target: kernel set.",
        show_default="cmsis-nn",
        rich_help_panel=DEVICE,
        autocompletion=complete_kernels,
    ),
]
Build = Annotated[
    str | None,
    typer.Option(
        help="With --target: build variant.",
        show_default="O2",
        rich_help_panel=DEVICE,
        autocompletion=complete_build,
    ),
]
Serve = Annotated[
    bool,
    typer.Option(
        "--serve",
        help="With --target: no session; print its URL for another runner, until Ctrl-C.",
        rich_help_panel=DEVICE,
    ),
]
Pty = Annotated[
    bool,
    typer.Option("--pty", help="With --serve: as a pseudo-terminal.", rich_help_panel=DEVICE),
]


def require_one_device(
    *,
    port: str | None,
    baud: int | None,
    target: str | None,
    model: str | None,
    kernels: str | None,
    build: str | None,
    serve: bool,
    pty: bool,
) -> None:
    """Refuse options that do not name one device.

    Raises:
        ConfigError: naming those that exclude or need each other.
    """
    if port and target:
        raise ConfigError(
            f"two devices are named: --port {port} and --target {target}",
            where="--target",
            hint="Leave one of them out: a target is reached on a port of its own.",
        )
    if not port and not target:
        raise ConfigError(
            "no device is named",
            where="--port, --target",
            hint="Give the --port of a device, or a --target and the --model it is to run.",
        )
    if target and not model:
        raise ConfigError(
            f"no model is named that {target} is to run",
            where="--model",
            hint="Give the .tflite of the benchmark with --model.",
        )
    of_target = {"--model": model, "--kernels": kernels, "--build": build, "--serve": serve}
    stray = [name for name, value in of_target.items() if value and not target]
    stray += ["--baud"] if baud and target else []
    stray += ["--pty"] if pty and not serve else []
    if stray:
        owner = {"--baud": "--port", "--pty": "--serve"}.get(stray[0], "--target")
        raise ConfigError(
            f"says something of {owner}, which is not given",
            where=stray[0],
            hint=f"Leave it out, or give {owner}.",
        )
