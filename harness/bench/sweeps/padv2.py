"""PADV2 is not swept."""

WHY_NOT = "it runs as PAD, which is swept"
