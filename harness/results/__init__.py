"""The store: every case of every run, kept in a database as it ends."""

from harness.results.checkup import checkup
from harness.results.opened import DEFAULT_RESULTS, open_store
from harness.results.raw import RawStore
from harness.results.store import Store

__all__ = ["DEFAULT_RESULTS", "RawStore", "Store", "checkup", "open_store"]
