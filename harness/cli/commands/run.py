"""`harness run`: measure models x kernel sets x targets and end in a comparison table."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import options
from harness.cli.options import Build, Json, Quiet, Results, Rig, Save, WaitBoard
from harness.domain.energy_asked import WINDOWS, EnergyAsked
from harness.domain.plan import InputsBy, Mode


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    target: Annotated[list[str] | None, options.target_option()] = None,
    kernels: Annotated[list[str] | None, options.kernels_option()] = None,
    model: Annotated[list[str] | None, options.model_option("small bundled ones")] = None,
    dataset: Annotated[
        str | None,
        options.dataset_option(
            "mlperf:DIR, npy:x.npy[,labels.npy], digits or random.",
            default="a bundled model's own, else 16 seeded random inputs",
        ),
    ] = None,
    fix_input_shift: Annotated[
        bool,
        typer.Option(
            "--fix-input-shift",
            help="Run each OpenMV network twice: as it is stored, and with the input shift that "
            "its converter should have written.",
            rich_help_panel=options.MATRIX,
        ),
    ] = False,
    build: Build = None,
    limit: Annotated[int | None, options.limit_option("inputs")] = None,
    repeat: Annotated[int, options.repeat_option("input")] = 1,
    warmup: Annotated[int, options.warmup_option("the first")] = 1,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile",
            help="Also keep the count of each operator, from one more inference after the others.",
            rich_help_panel=options.AMOUNT,
        ),
    ] = False,
    mode: Annotated[
        Mode,
        typer.Option(
            help="latency: the link is silent while an inference is measured. accuracy: the next "
            "input travels meanwhile, and nothing is counted.",
            rich_help_panel=options.AMOUNT,
        ),
    ] = Mode.LATENCY,
    inputs: Annotated[
        InputsBy,
        typer.Option(
            help="How inputs reach the device: over its link, or by the debug probe into RAM.",
            rich_help_panel=options.AMOUNT,
        ),
    ] = InputsBy.LINK,
    rig: Rig = None,
    wait_board: WaitBoard = 0,
    power_meter: options.PowerMeter = None,
    power_voltage: options.PowerVoltage = None,
    power_window: options.PowerWindow = None,
    power_windows: options.PowerWindows = WINDOWS,
    power_baseline: options.PowerBaseline = None,
    require_power: options.RequirePower = False,
    json: Json = False,
    save: Save = None,
    results: Results = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the last run, which had these options: what ended well is taken over.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = False,
    transcript: Annotated[
        typer.FileTextWrite | None,
        typer.Option(
            "--transcript",
            help="Write down what goes over the link: time, direction, hex.",
            rich_help_panel=options.OUTPUT,
            encoding="ascii",
        ),
    ] = None,
    timings: Annotated[
        bool,
        typer.Option(
            "--timings",
            help="Also show what each stage of a case took: build, flash, transfer, compute, ...",
            rich_help_panel=options.OUTPUT,
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Measure models x kernel sets x targets and end in a comparison table.

    With no options at all, lenet-digits and mlp-digits (and every model of your own that does not
    say `demo = false`) run with the kernel sets `reference` and `cmsis-nn` on every simulated
    board whose target file does not say `default = false`.
    `-k all` takes every kernel set; those that a core cannot run are left out with the reason, and
    those that give the same build there run once.

    Each case is built, flashed through pyOCD, verified, and must prove by handshake that it runs
    that firmware and that model; then all inputs are streamed and every output vector is compared
    with the host reference. Rows are stored as each case ends; after a crash or Ctrl-C, the same
    command with `--resume` goes on where the rows end.

    With a power meter each case also gets its energy per inference, after all else: on boards
    only; what a virtual meter says of a simulated board stands in a table of its own.

    Example:

    `harness run -t mps2-an500 -k cmsis-nn -k reference -m kws_ref_model.tflite -d mlperf:kws01`
    """
    # Imported here, and in what is called: `--help` and completion need none of it.
    from harness import assembly
    from harness.cli.measured import measure_and_present

    if fix_input_shift:
        model = assembly.also_with(model or [], "fix-input-shift")
    bench = assembly.Bench(
        results,
        resume=resume,
        profile=profile,
        rig_file=rig,
        wait_board_s=wait_board,
        transcript=transcript,
        energy=EnergyAsked(
            meter=power_meter or "",
            voltage_v=power_voltage,
            windows=power_windows,
            window_s=power_window,
            baseline=None if power_baseline is None else power_baseline.value,
            required=require_power,
        ),
    )
    code = measure_and_present(
        lambda on_note: assembly.with_boards(
            assembly.plan(
                targets=target,
                kernel_sets=kernels,
                models=model,
                builds=build,
                dataset=dataset,
                limit=limit,
                repeat=repeat,
                warmup=warmup,
                mode=mode,
                inputs_by=inputs,
                on_note=on_note,
            ),
            rig,
        ),
        bench.measure,
        bench.kept,
        json=json,
        save=save or [],
        quiet=quiet,
        timings=timings,
        resumable=True,
    )
    raise typer.Exit(code)
