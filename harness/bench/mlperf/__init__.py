"""A session of MLPerf Tiny: the sequence, its score, and the files a submission wants."""

from harness.bench.mlperf.scoring import Score, score
from harness.bench.mlperf.session import Answer, Session, SessionEvent, sequence
from harness.bench.mlperf.session_files import SessionFiles
from harness.bench.mlperf.session_record import session_record

__all__ = [
    "Answer",
    "Score",
    "Session",
    "SessionEvent",
    "SessionFiles",
    "score",
    "sequence",
    "session_record",
]
