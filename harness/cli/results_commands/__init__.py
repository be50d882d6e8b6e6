"""The sub-commands of `harness results`: each module here is one."""
