"""The network that a device runs: what is in the file, without what the host can do beforehand."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from harness.domain.network import Network
from harness.model import rewrites
from harness.model.front_ends import read_model

Rewrite = Callable[[Network], Network]


def read_network(path: Path, options: Sequence[str] = ()) -> Network:
    """Read a model file as the network that a device runs; see `read_model` and `on_device`.

    Raises:
        HarnessError: as `read_model`.
    """
    return on_device(read_model(path, options))


def on_device(network: Network) -> Network:
    """Apply all rewrites of `rewrites/`; once more changes nothing.

    Tensors keep their indices, operators those they have in the file; some of both are unused.
    """
    for rewrite in _rewrites():
        network = rewrite(network)
    return network


@cache
def _rewrites() -> tuple[Rewrite, ...]:
    modules = [
        importlib.import_module(f"{rewrites.__name__}.{module.name}")
        for module in pkgutil.iter_modules(rewrites.__path__)
    ]
    return tuple(module.rewrite for module in sorted(modules, key=lambda module: module.ORDER))
