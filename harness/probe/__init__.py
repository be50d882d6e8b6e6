"""Debug probes: opening a board through pyOCD, and a pyOCD probe for simulators."""
