"""Going on with a run that was cut off: which run it is, and which cases are taken over."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Protocol

from harness.bench.facts import facts_before
from harness.bench.prepare import Prepared
from harness.bench.rig import Rig, Tell
from harness.bench.scratch_memo import ScratchMemo
from harness.domain.energy_asked import NO_METER
from harness.domain.measurement import Measurement, Missing
from harness.domain.quantities import ENERGY, SIMULATED_SUFFIX
from harness.domain.record import CaseRecord, CaseStatus, RunInfo
from harness.errors import ConfigError, HarnessError
from harness.model import compile_image

FLAG = "--resume"
_SAME = ("host", "harness_version", "git_commit")


class Kept(Protocol):
    """Where runs are kept."""

    def last_run(self) -> RunInfo | None:
        """The run that began last."""


def run_to_resume(store: Kept, mine: RunInfo) -> RunInfo:
    """The run that began last, if `mine` is the same command on the same sources.

    Raises:
        ConfigError: there is none, or what differs.
    """
    last = store.last_run()
    if last is None:
        raise ConfigError(
            "there is no run to go on with", where=FLAG, hint="Leave --resume out to begin one."
        )
    if _words(last) != _words(mine):
        raise ConfigError(
            f"the last run is another one: {last.command_line}",
            where=FLAG,
            hint="Repeat its command line with --resume, or leave --resume out to begin anew.",
        )
    for name in _SAME:
        before, now = getattr(last, name), getattr(mine, name)
        if before != now:
            raise ConfigError(
                f"the last run has {name.replace('_', ' ')} {before}, this one would have {now}",
                where=FLAG,
                hint="Leave --resume out: rows of one run must be comparable.",
            )
    return last


def _words(run: RunInfo) -> list[str]:
    return [word for word in shlex.split(run.command_line) if word != FLAG]


def taken_over(
    prepared: Prepared, kept: Sequence[CaseRecord], rig: Rig, tell: Tell
) -> CaseRecord | None:
    """The record in `kept` that measuring `prepared` would give again, None where there is none.

    It ended well, with the energy if one is asked for, and had the same inputs, the same firmware
    (by build id) and the same model image (by check sum); the firmware is built, or found in the
    cache, to know.
    """
    case, network = prepared.case, prepared.network
    facts = facts_before(prepared)
    own_versions = facts.pop("tool_versions")
    alike = [
        record
        for record in kept
        if record.status is CaseStatus.OK
        and all(getattr(record, name) == value for name, value in facts.items())
        and set(own_versions) <= set(record.tool_versions)
        and not _lacks_energy(record, rig)
    ]
    if not alike:
        return None
    try:
        firmware = rig.build(case.target, case.kernel_set, case.variant, tell)
    except HarnessError:  # to be met again, and recorded, by the case
        return None
    memo = ScratchMemo(rig.cache_dir, firmware.build_id, network.source_sha256)
    image = compile_image(network, scratch=memo.recall(len(network.operators)))
    same = (firmware.build_id, image.crc32)
    return next((one for one in alike if (one.build_id, one.image_crc32) == same), None)


def _lacks_energy(record: CaseRecord, rig: Rig) -> bool:
    """Whether an energy was asked for, by the user or by a meter of the desk, and is not there."""
    if rig.power is None:
        return False
    names = (ENERGY, ENERGY + SIMULATED_SUFFIX)
    found = [one for one in record.readings if one.quantity in names]
    if any(isinstance(one, Measurement) for one in found):
        return False
    if rig.power.asked.meter or rig.power.asked.required:
        return True
    return any(isinstance(one, Missing) and one.reason != NO_METER for one in found)
