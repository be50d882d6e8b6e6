"""The `[power_model]` of a target file: a data sheet's current, cited in full."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from harness.catalog.definitions import Table
from harness.domain.power_model import LEAST_RELATIVE, PowerModel

_Cited = Annotated[str, Field(min_length=1)]


class PowerModelTable(Table):
    """What a data sheet says of a current, cited so that it can be looked up."""

    current_ma: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    voltage: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    clock_hz: Annotated[int, Field(gt=0)]
    mode: _Cited
    document: _Cited
    revision: _Cited
    table: _Cited
    conditions: _Cited
    relative: Annotated[float, Field(ge=LEAST_RELATIVE, le=10)] = LEAST_RELATIVE

    def value(self) -> PowerModel:
        """In SI units."""
        return PowerModel(
            current_a=self.current_ma / 1e3,
            voltage_v=self.voltage,
            clock_hz=self.clock_hz,
            mode=self.mode,
            document=self.document,
            revision=self.revision,
            table=self.table,
            conditions=self.conditions,
            relative=self.relative,
        )
