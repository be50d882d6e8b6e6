"""What a study measures with: the user's files, the targets asked for, and the real rig."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.assembly.measuring import Bench
from harness.assembly.places import cache_dir
from harness.assembly.plans import plan
from harness.bench.events import Listener, nobody
from harness.domain.record import CaseRecord
from harness.domain.study import NeededFile


@dataclass(frozen=True)
class Workbench:
    """The tools of a running study.

    Args:
        data: the folder that needed files are looked up in.
        bench: where cases are measured and kept: all rows of a study are one run.
        targets: target ids; every row is for each of them.
        kernel_sets: kernel set ids.
        limit: inputs on a device at most, None for all of a set. What runs on the host alone may
            take more, and then says how many.
        rig_file: see `Bench`.
        options: the study's own, by name; as the user wrote them.
    """

    data: Path
    bench: Bench
    targets: Sequence[str]
    kernel_sets: Sequence[str]
    limit: int | None = None
    rig_file: Path | None = None
    on_event: Listener = field(default=nobody)
    options: Mapping[str, str] = field(default_factory=dict)

    def path(self, needed: NeededFile) -> Path:
        """Where the user has a file."""
        return self.data / needed.path

    def work_dir(self, study: str) -> Path:
        """A folder for models that a study makes; what lies there can be made again."""
        folder = cache_dir() / "studies" / study
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def limit_on_devices(self, simulated: int) -> int | None:
        """Inputs for `measure`: as asked, else `simulated` where a target is, else all of a set."""
        from harness import catalog
        from harness.domain.units import Fidelity

        fidelities = {catalog.target(name).fidelity for name in self.targets}
        return self.limit or (None if fidelities == {Fidelity.SILICON} else simulated)

    def measure(
        self,
        model: Path | str,
        dataset: str,
        *,
        limit: int | None = None,
        kernel_sets: Sequence[str] | None = None,
    ) -> list[CaseRecord]:
        """Run a model on every target with every kernel set, and return the records.

        Args:
            model: as `--model` takes it.
            dataset: as `--dataset` takes it.
            limit: inputs at most; None for the workbench's own limit.
            kernel_sets: those instead of the workbench's.

        Raises:
            HarnessError: the first failure, after all cases were tried.
        """
        from harness.assembly.desks import with_boards

        cases = plan(
            targets=self.targets,
            kernel_sets=kernel_sets or self.kernel_sets,
            models=[str(model)],
            dataset=dataset,
            limit=limit or self.limit,
        )
        outcome = self.bench.measure(with_boards(cases, self.rig_file), self.on_event)
        if outcome.errors:
            raise outcome.errors[0]
        return outcome.records
