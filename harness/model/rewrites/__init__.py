"""What the host changes in a network before it is compiled: a file here has ORDER and rewrite()."""
