"""Power meters behind one protocol, and what their samples say of the energy of an inference."""
