"""The text protocol of MLPerf Tiny devices, as the host speaks it."""

from harness.link.mlperf.client import CHUNK_BYTES, Disturbed, MlperfClient

__all__ = ["CHUNK_BYTES", "Disturbed", "MlperfClient"]
