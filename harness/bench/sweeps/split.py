"""SPLIT is not swept."""

WHY_NOT = "it has several outputs, and a shape tells of one"
