"""Operators that the host can compute: a file here is one, with fold(use) of constant inputs."""
