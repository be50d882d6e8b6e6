"""What samples say: windows, energy, uncertainty; pure functions of a trace."""
