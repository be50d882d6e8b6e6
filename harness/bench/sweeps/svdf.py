"""SVDF is not swept."""

WHY_NOT = "it remembers the inputs before, and a sweep measures inferences one by one"
