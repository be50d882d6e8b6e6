"""What may be wanted of a case beside its record: raw data, and the counts of its operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.results.raw import Arrays

KeepRaw = Callable[[str, Arrays], str]


@dataclass(frozen=True)
class Extras:
    """What is wanted of a case beside its record.

    `keep_raw` keeps raw data of a kind and returns its hash; None keeps none. With `profile` the
    counts of every operator are kept too.
    """

    keep_raw: KeepRaw | None = None
    profile: bool = False


NO_EXTRAS = Extras()
