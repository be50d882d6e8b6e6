"""The use case: plan the cases, run each of them on its target, and keep what was found."""
