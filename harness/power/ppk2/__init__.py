"""Nordic's Power Profiler Kit II: its calibration, its sample words, its spike filter."""
