"""RESHAPE is not swept."""

WHY_NOT = "input and output share their place, so that nothing is done"
