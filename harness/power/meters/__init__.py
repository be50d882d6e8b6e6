"""Kinds of meters: a module each, found by its name; `open_meter(rest, options)` makes one."""
