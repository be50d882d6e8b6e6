"""One module per file format, named by its suffix; each has `render(records) -> str`."""
