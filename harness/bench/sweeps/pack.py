"""PACK is not swept."""

WHY_NOT = "its output has an axis more than its inputs, which a shape does not tell"
