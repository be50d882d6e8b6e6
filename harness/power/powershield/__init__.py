"""ST's PowerShield family: one command language, an ASCII and a binary stream."""
