"""The pytest plugin: options, fixtures and the summary table."""
