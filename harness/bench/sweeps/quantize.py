"""QUANTIZE is not swept."""

WHY_NOT = "its types differ on both sides, and a shape is of int8"
