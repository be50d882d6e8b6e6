"""What a run may be called."""

from __future__ import annotations

import re

from harness.errors import ConfigError

_TAG = re.compile(r"[A-Za-z0-9][\w.+/-]{0,99}")
_TAKEN = re.compile(r"last(~\d+)?|\d{4}-\d\d-\d\d")


def require_tag(name: str) -> None:
    """Refuse a tag that means something else already, or that a shell or a URL would not take.

    Raises:
        ConfigError: it is such a name.
    """
    if _TAKEN.fullmatch(name) or not _TAG.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be a tag",
            where="harness results tag",
            hint="Take letters, digits and . _ + / -, and neither `last` nor a day.",
        )
