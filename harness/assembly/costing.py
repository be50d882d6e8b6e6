"""What a named model takes of memory and work."""

from __future__ import annotations

from harness import catalog
from harness.domain.budget import NetworkCost


def model_cost(name_or_path: str) -> NetworkCost:
    """The cost of a bundled model or of a file, read with the options that stand behind its path.

    Raises:
        UnknownName: there is no such model, or no such option.
        BadModel, UnsupportedOperator: it cannot be read, or not run.
    """
    from harness.model.budget import network_cost
    from harness.model.on_device import read_network

    source = catalog.resolve_model(name_or_path)
    return network_cost(read_network(source.path, source.options))
