"""The values all rooms share: frozen dataclasses and enums without behaviour of their own."""
