"""The sub-commands of `harness models`: each module here is one."""
