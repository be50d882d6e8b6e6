"""What a PostgreSQL server refuses says what to do."""

from __future__ import annotations

import psycopg
import pytest
from builders.postgres_server import Server
from builders.records import case_record, run_info
from sqlalchemy.engine import make_url

from harness.errors import StoreError
from harness.results import open_store


def test_a_server_that_is_not_there(tmp_path: object) -> None:
    with pytest.raises(StoreError, match="cannot be opened: the database refused") as caught:
        open_store(f"postgresql+psycopg://u:secret@/d?host={tmp_path}", deadline_s=2)
    assert caught.value.hint == "Check the address, and that the database runs and is ours."
    assert "secret" not in str(caught.value)


def test_a_database_that_is_not_there(postgres: Server) -> None:
    """While a connection is made, the server's code is not passed on; its words are."""
    url = make_url(postgres.new_database()).set(database="nowhere")
    with pytest.raises(StoreError, match='database "nowhere" does not exist'):
        open_store(url.render_as_string(hide_password=False))


def test_a_table_that_is_locked_is_waited_for_until_the_deadline(postgres: Server) -> None:
    location = postgres.new_database()
    store = open_store(location, deadline_s=0.1)
    run_id = store.begin(run_info())
    (_, schema) = str(make_url(location).query["options"]).split("=")
    with psycopg.connect(postgres.address("postgres")) as holder:
        holder.execute(f"LOCK TABLE {schema}.cases IN ACCESS EXCLUSIVE MODE".encode())
        with pytest.raises(StoreError, match="written: another process keeps it locked") as caught:
            store.add(run_id, case_record())
    assert "Wait for the other run to end" in caught.value.hint
    store.add(run_id, case_record())
    assert store.count() == 1


def test_a_server_that_only_reads(postgres: Server) -> None:
    location = postgres.new_database()
    run_id = open_store(location).begin(run_info())
    readers = location.replace("options=", "options=-cdefault_transaction_read_only%3Don%20")
    store = open_store(readers)
    assert store.runs() == [run_info()]
    with pytest.raises(StoreError, match="cannot be written: it is read-only") as caught:
        store.add(run_id, case_record())
    assert caught.value.hint == "Name the primary server, not a copy that only reads."
