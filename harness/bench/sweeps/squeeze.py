"""SQUEEZE is not swept."""

WHY_NOT = "it runs as RESHAPE, which does nothing"
