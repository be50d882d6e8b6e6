"""Kinds of data sets, one module each: SYNTAX, DESCRIPTION and load(argument, wanted, limit)."""
