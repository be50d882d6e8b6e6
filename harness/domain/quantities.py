"""The names of what a meter measures, as readings of a record have them."""

from __future__ import annotations

ENERGY = "energy_per_inference"
ENERGY_NET = "energy_per_inference_net"
UNCERTAINTY = "energy_uncertainty"
REPEATABILITY = "energy_repeatability"
COVERAGE = "energy_coverage"
INFERENCES = "energy_inferences"
MEAN_CURRENT = "mean_current"
PEAK_CURRENT = "peak_current"
CHARGE = "charge_per_inference"
VOLTAGE = "supply_voltage"

SIMULATED_SUFFIX = "_sim"
"""What the names end in where board or meter are simulated: compared with nothing, ever."""

OF_A_METER = (
    ENERGY,
    ENERGY_NET,
    UNCERTAINTY,
    REPEATABILITY,
    COVERAGE,
    INFERENCES,
    MEAN_CURRENT,
    PEAK_CURRENT,
    CHARGE,
    VOLTAGE,
)
