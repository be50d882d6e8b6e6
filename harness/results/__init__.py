"""The store: every case of every run, kept in a database as it ends."""

from harness.results.checkup import checkup
from harness.results.raw import RawStore
from harness.results.store import DEFAULT_RESULTS, Store, open_store

__all__ = ["DEFAULT_RESULTS", "RawStore", "Store", "checkup", "open_store"]
