"""`harness link`: what the byte link to a device can do."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options
from harness.cli.listing import AsJson, show
from harness.cli.options import Quiet, Rig, WaitBoard
from harness.errors import ConfigError

if TYPE_CHECKING:
    from harness.domain.link_speed import LinkSpeed, Spread
    from harness.domain.measurement import Missing

PANEL = "Look inside"


def register(app: typer.Typer) -> None:
    """Add the command; it is a group, so that `bench` can be told from what may follow."""
    group = typer.Typer(rich_markup_mode="markdown", no_args_is_help=True)
    group.callback()(link)
    group.command()(bench)
    app.add_typer(group, name="link", rich_help_panel=PANEL)


def link() -> None:
    """Measure the byte link to a device."""


def bench(
    target: Annotated[str | None, options.target_option(False)] = None,
    port: Annotated[
        str | None,
        typer.Option(help="A device or pyserial URL behind which firmware of ours runs."),
    ] = None,
    baud: Annotated[int, typer.Option(min=1, help="Rate of --port.")] = 115200,
    rig: Rig = None,
    wait_board: WaitBoard = 0,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure round trip, bytes per second each way, and what they make of the baud rate.

    A `--target` is brought up as for `harness run`, at the rate a run would agree on; behind a
    `--port` nothing is changed. Bytes are those on the wire, frames and all. A simulated board's
    link has no rate of its own.

    Example:

    `harness link bench -t mps2-an500`
    """
    from rich.console import Console

    from harness import assembly

    if (target is None) == (port is None):
        raise ConfigError(
            "one of --target and --port tells which link is meant",
            where="harness link bench",
            hint="Give --target ID, or --port with a device or URL.",
        )
    console = Console(stderr=True)
    if port is not None:
        speed = assembly.port_speed(port, baud)
    else:
        speed = assembly.target_speed(
            str(target),
            rig_file=rig,
            wait_board_s=wait_board,
            tell=lambda text: None if quiet else console.print(text, style="dim"),
        )
    if json:
        typer.echo(json_format.dumps(_plain(speed), indent=2))
    else:
        show(_rows(speed), json=False)
        typer.echo(_footer(speed))


def _plain(speed: LinkSpeed) -> dict[str, Any]:
    plain = asdict(speed)
    for name in ("to_device", "from_device"):
        plain[name]["efficiency"] = speed.efficiency(getattr(speed, name))
    return plain


def _rows(speed: LinkSpeed) -> list[dict[str, object]]:
    return [
        _row("round trip, ms", speed.round_trip, 1e3, ",.2f"),
        _row("to the device, bytes/s", speed.to_device, 1, ",.0f", speed),
        _row("from the device, bytes/s", speed.from_device, 1, ",.0f", speed),
    ]


def _row(
    name: str, found: Spread | Missing, scale: float, form: str, speed: LinkSpeed | None = None
) -> dict[str, object]:
    from harness.domain.measurement import Missing

    row: dict[str, object] = {"what": name}
    if isinstance(found, Missing):
        return row | {"median": found.reason, "least": "-", "most": "-", "n": "-", "of baud": "-"}
    efficiency = speed.efficiency(found) if speed else None
    return row | {
        "median": format(found.median * scale, form),
        "least": format(found.minimum * scale, form),
        "most": format(found.maximum * scale, form),
        "n": found.n,
        "of baud": "-" if efficiency is None else f"{efficiency:.0%}",
    }


def _footer(speed: LinkSpeed) -> str:
    rate = "no rate of its own" if speed.baud_rate is None else f"{speed.baud_rate:,} baud"
    repeated = f", {speed.frames_repeated:,} frames repeated" if speed.frames_repeated else ""
    trouble = f"; {speed.trouble}" if speed.trouble else ""
    return f"{speed.target} behind {speed.where}: {rate}{repeated}{trouble}"
