"""The commands below `harness power`: a module each, with `register(group)`."""
