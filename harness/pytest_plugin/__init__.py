"""The pytest plugin: benchmark tests that run on any target named with `--target`."""
