"""A session of MLPerf Tiny with whatever device is on a port."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.assembly.mlperf_device import OnTarget, reached, text_case
from harness.assembly.run_info import describe_run
from harness.catalog.definitions import pick
from harness.domain.energy_asked import EnergyAsked
from harness.domain.mlperf import BENCHMARKS, Benchmark, Mode
from harness.errors import ConfigError, HarnessError

# The rest is imported where it is used: shell completion must not wait for pandas or pyOCD.
if TYPE_CHECKING:
    from harness.bench.mlperf import Answer, Peer, Score, Session, SessionFiles
    from harness.bench.mlperf.session import Step
    from harness.results import Store


@dataclass(frozen=True)
class MlperfResult:
    """What a session gave, and where it is kept."""

    benchmark: Benchmark
    mode: Mode
    peer: Peer
    answers: list[Answer]
    score: Score | None
    repeated: int
    folder: Path
    run_id: str


def mlperf(
    device: str | OnTarget,
    benchmark: str | None,
    data: Path,
    mode: Mode,
    *,
    baud: int | None = None,
    limit: int | None = None,
    inferences: int | None = None,
    warmup: int | None = None,
    verify: bool = False,
    infer_s: float = 120.0,
    sessions: Path = Path("results/mlperf"),
    results: Path | str | None = None,
    energy: EnergyAsked | None = None,
    on_progress: Callable[[int, int, str], None] = lambda done, total, text: None,
) -> MlperfResult:
    """Identify the device on a port, or on a target, run one session, keep files and record.

    `benchmark` None takes what the target's model is of, or what the device on a port says it runs.
    What can be known of benchmark and data without the device is checked before anything is built,
    flashed or opened. Nothing is kept of a device that cannot be identified; a session that fails
    later is kept as failed, with its log. `energy` is what is asked of a meter, in energy
    mode.

    Raises:
        ConfigError: no such benchmark, another one on the device, or data that do not fit.
        PortBusy, LinkError, DeviceError: no device, or one that does not answer as it should.
        StoreError: files or record cannot be written.
        As `reached`.
    """
    from harness.bench.mlperf import (
        EnergySession,
        Peer,
        Session,
        SessionFiles,
        score,
        sequence,
        session_record,
    )
    from harness.bench.mlperf.session import require_model
    from harness.catalog.mlperf_samples import load_samples, require_some_samples
    from harness.link import open_port
    from harness.link.mlperf import MlperfClient
    from harness.results import DEFAULT_RESULTS, open_store

    metered = _metered(energy, device) if mode is Mode.ENERGY else None
    wanted = _wanted(device, benchmark, mode)
    taken = limit if mode is Mode.ACCURACY else None
    if wanted is None:
        require_some_samples(data)
    samples = None if wanted is None else load_samples(data, wanted, taken)
    started = datetime.now(UTC)
    with reached(device, baud, energy=metered) as at, open_port(at.url, at.baud_rate) as opened:
        names = MlperfClient(opened, on_idle=at.check).identify()
        peer = Peer(names, at.known, at.fidelity)
        known = wanted or pick("benchmark", names.model, BENCHMARKS)
        require_model(names, known)
        steps = sequence(samples or load_samples(data, known, taken), mode)
        store = open_store(results or DEFAULT_RESULTS)
        with SessionFiles(sessions, started) as files:
            run = describe_run()
            store.begin(run)
            client = MlperfClient(opened, on_idle=at.check, on_line=files.log, infer_s=infer_s)
            timed = mode is not Mode.ACCURACY
            each = (inferences or known.inferences) if timed else 1
            before = (known.warmup if warmup is None else warmup) if timed else 0
            session = (
                Session(client, names, each, before, verify=verify, tell=files.log)
                if at.metering is None
                else EnergySession(
                    client, names, each, before, at.metering, verify=verify, tell=files.log
                )
            )
            answers: list[Answer] = []

            def keep(total: Score | None, error: BaseException | None = None) -> None:
                raw = _traces(store, answers)
                record = session_record(
                    known, mode, peer, steps, answers, total, started, error, raw
                )
                store.add(run.id, record)

            try:
                _say(session, steps, answers, files, on_progress)
                total = None if timed else score(answers)
                files.finish(answers, mode, total)
            except (HarnessError, KeyboardInterrupt) as error:
                keep(None, error)
                raise
            keep(total)
            return MlperfResult(
                known, mode, peer, answers, total, session.repeated, files.path, run.id
            )


def _say(
    session: Session,
    steps: Sequence[Step],
    answers: list[Answer],
    files: SessionFiles,
    on_progress: Callable[[int, int, str], None],
) -> None:
    """Run the steps; `answers` grows as they come, so that an error loses none."""
    from harness.bench.mlperf.session_files import log_lines

    for number, step in enumerate(steps, start=1):
        on_progress(number - 1, len(steps), step.truth.file)
        answers.append(session.run(step))
        for line in log_lines(answers[-1], number):
            files.log(line)
    on_progress(len(steps), len(steps), "")


def _traces(store: Store, answers: Sequence[Answer]) -> tuple[tuple[str, str], ...]:
    """The recordings of the windows and what is known of them, kept under kinds that are numbered.

    One each, from 1.
    """
    from harness.results.case_raw import POWER_BOARD, POWER_TRACE
    from harness.results.power_facts import board_arrays

    kept: list[tuple[str, str]] = []
    for number, answer in enumerate(answers, start=1):
        found = answer.recording
        if found is None or found.board is None or not found.traces:
            continue
        told = ((POWER_TRACE, found.traces[0]), (POWER_BOARD, board_arrays(found.board)))
        kept += [(f"{kind}-{number}", store.raw.put(kind, arrays)) for kind, arrays in told]
    return tuple(kept)


def _metered(energy: EnergyAsked | None, device: str | OnTarget) -> EnergyAsked:
    """What is asked of the meter, whose windows lie between pulses in energy mode."""
    asked = replace(energy or EnergyAsked(), pulses=True)
    if not asked.meter and isinstance(device, str):
        raise ConfigError(
            "energy mode needs a power meter", where="--mode", hint="Name it with --power-meter."
        )
    return asked


def _wanted(device: str | OnTarget, benchmark: str | None, mode: Mode) -> Benchmark | None:
    """The benchmark that is asked for, or that a target's model is of; None where a port tells."""
    from harness.bench.mlperf import benchmark_of

    wanted = None if benchmark is None else pick("benchmark", benchmark, BENCHMARKS)
    if isinstance(device, str):
        return wanted
    stamps = mode is Mode.ENERGY
    found = benchmark_of(text_case(device, laps=not stamps, stamps=stamps))
    if wanted is not None and wanted is not found:
        raise ConfigError(
            f"{Path(device.model).name} is a model of {found.id}, not of {wanted.id}",
            where="--benchmark",
            hint=f"Say --benchmark {found.id}, or leave it out.",
        )
    return found
