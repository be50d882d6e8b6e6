"""The sub-commands of `harness kernels`: each module here is one."""
