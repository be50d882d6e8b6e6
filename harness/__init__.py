"""Hardware-in-the-loop benchmarks of neural networks on Arm Cortex-M microcontrollers."""

__version__ = "0.1.0"
