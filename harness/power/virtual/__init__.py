"""Instruments without hardware: they speak the real wire protocol on a pseudo-terminal."""
