"""Cases of a plan, measured on the real rig."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from harness.assembly.metered import LostMeters, require_meter_kind
from harness.assembly.rigs import rig
from harness.assembly.run_info import describe_run
from harness.bench.board_health import BoardHealth
from harness.bench.events import Listener, Note, nobody
from harness.domain.energy_asked import EnergyAsked
from harness.domain.plan import Case
from harness.errors import HarnessError

# The rest is imported where it is used: shell completion must not wait for pandas or pyOCD.
if TYPE_CHECKING:
    from harness.bench.case_extras import Extras
    from harness.bench.prepare import Prepared
    from harness.bench.rig import Rig
    from harness.bench.run import Outcome
    from harness.domain.profile import Profile
    from harness.domain.record import CaseRecord
    from harness.results import Store


def profile(
    cases: Sequence[Case],
    on_event: Listener = nobody,
    *,
    rig_file: Path | None = None,
    wait_board_s: float = 0.0,
) -> Iterator[Profile | HarnessError]:
    """Check all cases, then take one after the other apart.

    `rig_file` and `wait_board_s` are as for `rig`.

    Raises:
        ConfigError, BuildError: before anything is built or started.
        ToolMissing, KeyboardInterrupt: as `profile_cases`.
    """
    from harness.bench.prepare import prepare
    from harness.bench.profile import profile_cases
    from harness.build.parts import read_parts

    boards = BoardHealth()
    own_rig = rig(rig_file, wait_board_s, boards, lambda text: on_event(Note(text)))
    prepared = prepare(list(cases), own_rig.load_dataset)
    yield from profile_cases(prepared, own_rig, read_parts, on_event, boards)


class Bench:
    """The real rig with an open run in the store.

    Args:
        results: path or database URL of the store; None is `results/harness.db`.
        resume: go on with the last run of the store, which must be the same command.
        rig_file: see `rig`.
        wait_board_s: see `rig`.
        profile: keep the counts of every operator too, from one more pass after the counted ones.
        case_limit_s: give up a case of `measure` that takes longer; None for no limit.
        transcript: see `rig`; of `measure` only.
        energy: what is asked of a power meter; of `measure` only. None: the desk's own.
    """

    def __init__(
        self,
        results: Path | str | None = None,
        *,
        resume: bool = False,
        rig_file: Path | None = None,
        wait_board_s: float = 0.0,
        profile: bool = False,
        case_limit_s: float | None = None,
        transcript: TextIO | None = None,
        energy: EnergyAsked | None = None,
    ) -> None:
        from harness.results import DEFAULT_RESULTS

        self._energy = energy or EnergyAsked()
        self._lost_meters = LostMeters()
        self._rig_file = rig_file
        self._wait_board_s = wait_board_s
        self._transcript = transcript

        self.results = str(results or DEFAULT_RESULTS)
        self.run_id = ""
        self._resume = resume
        self._profile = profile
        self._case_limit_s = case_limit_s
        self._earlier: list[CaseRecord] = []
        self._store: Store | None = None
        self._boards = BoardHealth()

    def measure_kernels(self, cases: Sequence[Case], on_event: Listener = nobody) -> Outcome:
        """As `measure`, for cases of `plan_kernels`: each target and firmware is started once.

        Raises:
            As `measure`.
        """
        from harness.bench.kept_rig import kept_running
        from harness.bench.kernel_sweep import with_ideal
        from harness.bench.prepare import prepare
        from harness.bench.run import run_cases

        own_rig = self._own_rig(on_event)
        prepared = [with_ideal(case) for case in prepare(list(cases), own_rig.load_dataset)]
        store = self._opened()
        with kept_running(own_rig) as kept:
            return run_cases(
                prepared,
                kept,
                store,
                self.run_id,
                on_event,
                boards=self._boards,
                extras=self._extras(store),
            )

    def measure(
        self,
        cases: Sequence[Case],
        on_event: Listener = nobody,
        *,
        fresh: bool = False,
        jobs: int = 1,
    ) -> Outcome:
        """Check all cases, then run and store them: one after the other, or `jobs` targets at once.

        With `fresh` none is taken over from an earlier part of the run.

        Raises:
            ConfigError, BuildError, StoreError: before anything is built or started.
            StoreError, ToolMissing, KeyboardInterrupt: as `run_cases`.
        """
        from harness.bench.parallel import by_target
        from harness.bench.prepare import prepare
        from harness.bench.run import run_cases

        require_meter_kind(self._energy)
        own_rig = self._own_rig(on_event, self._energy)
        prepared = prepare(list(cases), own_rig.load_dataset)
        store = self._opened()

        def run(group: list[Prepared], listener: Listener) -> Outcome:
            return run_cases(
                group,
                own_rig,
                store,
                self.run_id,
                self._limited(listener),
                boards=self._boards,
                kept=() if fresh else self._earlier,
                extras=self._extras(store),
            )

        if jobs > 1:
            from harness.probe.loading import load_pyocd

            load_pyocd()
        return by_target(prepared, run, on_event, jobs=jobs)

    def _limited(self, listener: Listener) -> Listener:
        from harness.bench.time_limit import TimeLimit

        return listener if self._case_limit_s is None else TimeLimit(listener, self._case_limit_s)

    def _extras(self, store: Store) -> Extras:
        from harness.bench.case_extras import Extras

        return Extras(keep_raw=store.raw.put, profile=self._profile)

    def kept(self) -> str:
        """Where the rows are, in a sentence for the user."""
        place = self._store.where if self._store else self.results
        return f"kept as run {self.run_id[:8]} in {place}"

    def _own_rig(self, on_event: Listener, energy: EnergyAsked | None = None) -> Rig:
        def tell(text: str) -> None:
            on_event(Note(text))

        return rig(
            self._rig_file,
            self._wait_board_s,
            self._boards,
            tell,
            transcript=self._transcript,
            energy=energy,
            lost_meters=self._lost_meters,
        )

    def _opened(self) -> Store:
        from harness.results import open_store

        if self._store is None:
            store = open_store(self.results)
            if self._resume:
                from harness.bench.resume import run_to_resume

                self.run_id = run_to_resume(store, describe_run()).id
                self._earlier = store.cases(self.run_id)
            else:
                self.run_id = store.begin(describe_run())
            self._store = store
        return self._store
