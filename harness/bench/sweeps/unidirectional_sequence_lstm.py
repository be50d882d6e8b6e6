"""UNIDIRECTIONAL_SEQUENCE_LSTM is not swept."""

WHY_NOT = "it remembers the steps before, and a sweep measures inferences one by one"
