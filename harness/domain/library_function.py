"""One function of a kernel library's interface, and which of our kernels reach it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LibraryFunction:
    """A function of the library's header.

    `operators` are those whose kernels can reach it, `caller` the library function or the kernel
    file it is called from; both are empty where none does, and then `reason` says why, or is empty
    where nobody has said.
    """

    name: str
    operators: tuple[str, ...] = ()
    caller: str = ""
    reason: str = ""

    @property
    def reached(self) -> bool:
        """Whether a kernel of ours can reach it."""
        return bool(self.operators)
