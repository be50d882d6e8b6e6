"""Hooks and fixtures that pytest loads."""
