"""A session of MLPerf Tiny: the sequence, its score, and the files a submission wants."""

from harness.bench.mlperf.energy import EnergySession
from harness.bench.mlperf.scoring import Score, score
from harness.bench.mlperf.session import Answer, Session, SessionEvent, sequence
from harness.bench.mlperf.session_files import SessionFiles
from harness.bench.mlperf.session_record import Peer, session_record
from harness.bench.mlperf.text_device import TextDevice, benchmark_of, require_text, text_device

__all__ = [
    "Answer",
    "EnergySession",
    "Peer",
    "Score",
    "Session",
    "SessionEvent",
    "SessionFiles",
    "TextDevice",
    "benchmark_of",
    "require_text",
    "score",
    "sequence",
    "session_record",
    "text_device",
]
