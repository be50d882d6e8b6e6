"""The options of an analysis, declared once for every command that makes one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Annotated, Any, cast, get_args

import typer

from harness.domain.power_analysis import NO_BASELINE, Analysis
from harness.errors import ConfigError

PANEL = "Analysis"


def _option(help: str, *names: str, default: str | bool = False, **more: Any) -> Any:
    """An option that may be left unsaid; `default` tells what it then is."""
    return typer.Option(*names, help=help, show_default=default, rich_help_panel=PANEL, **more)


def analysis(
    windows: Annotated[
        int | None,
        _option("How many windows count, after those that warm up.", default="1", min=1),
    ] = None,
    discard: Annotated[
        int | None, _option("Windows that come first and warm up.", default="0", min=0)
    ] = None,
    inferences: Annotated[
        int | None, _option("Inferences in each window.", default="1", min=1)
    ] = None,
    board_time: Annotated[
        float | None,
        _option(
            "Seconds of a window by the board's own counter: must agree within 2 %.",
            min=0,
        ),
    ] = None,
    least_window: Annotated[
        float | None,
        _option(
            "Seconds; shorter windows give no number.",
            *("--least-window", "--min-window"),
            default="1",
            min=0,
        ),
    ] = None,
    align: Annotated[
        str,
        _option(
            "How windows are found: gate, pulse, event, hw-start, step; a run's: marker, host.",
            default="the most exact there is",
        ),
    ] = "",
    gate_bit: Annotated[
        int | None,
        _option("Which digital input of the meter is the gate.", default="0", min=0, max=7),
    ] = None,
    floor: Annotated[
        float | None,
        _option(
            "Amperes; a smaller mean current is a board without power.", default="0.001", min=0
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        _option(
            "NAME:START:END in seconds: a state of the board whose power is taken off, as a "
            "second number. `none` takes nothing off."
        ),
    ] = None,
) -> Analysis:
    """What these options say."""
    return Analysis(
        windows=windows,
        discard=discard,
        inferences=inferences,
        board_s=board_time,
        least_window_s=least_window,
        floor_a=floor,
        alignment=align,
        gate_bit=gate_bit,
        baseline=_span(baseline),
    )


def analysing(command: Callable[..., None], unsaid: str = "") -> Callable[..., None]:
    """Give a command the options of `analysis` in the place of its parameter `asked`.

    `unsaid` is the default that its help tells of all of them.
    """
    listed = inspect.signature(analysis, eval_str=True).parameters
    own = inspect.signature(command, eval_str=True).parameters
    parameters = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for one in (*own.values(), *(_with_default(each, unsaid) for each in listed.values()))
        if one.name != "asked"
    ]

    @wraps(command)
    def with_options(**given: Any) -> None:
        asked = analysis(**{name: given.pop(name) for name in listed})
        command(asked=asked, **given)

    with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {one.name: one.annotation for one in parameters}
    del with_options.__wrapped__  # else its signature is asked for
    return with_options


def _with_default(parameter: inspect.Parameter, unsaid: str) -> inspect.Parameter:
    if not unsaid:
        return parameter
    kind, option = get_args(parameter.annotation)
    told = copy(option)
    told.show_default = unsaid
    return parameter.replace(annotation=cast(Any, Annotated)[kind, told])


def numbers(words: list[str], wanted: int, option: str, form: str) -> list[float]:
    """So many numbers.

    Raises:
        ConfigError: there are more, or fewer, or words.
    """
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != wanted:
        raise ConfigError(
            f"{':'.join(words)!r} is not of the form asked for", where=option, hint=f"Write {form}."
        )
    return values


def _span(text: str | None) -> tuple[str, float, float] | None:
    """Read NAME:START:END, or none.

    Raises:
        ConfigError: it is not of this form.
    """
    if text is None:
        return None
    if text == "none":
        return NO_BASELINE
    name, *rest = text.split(":")
    form = "NAME:START:END, for example idle:0:0.4"
    start, end = numbers(rest if name else [], 2, "--baseline", form)
    return name, start, end
