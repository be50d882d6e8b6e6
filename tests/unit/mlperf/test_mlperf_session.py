"""Sessions with a scripted device: whole ones, and ones that the line disturbs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders.records import case_record, run_info
from devices.mlperf_device import MlperfDevice
from devices.transports import Clock, MemoryPort, over_pty, over_tcp

from harness import assembly
from harness.bench.mlperf import Peer, Session, sequence
from harness.domain.mlperf import BENCHMARKS, DeviceNames, Mode, Sample, Truth
from harness.domain.record import CaseStatus
from harness.domain.units import Fidelity
from harness.errors import (
    BadDataset,
    ConfigError,
    DeviceError,
    LinkTimeout,
    UnknownName,
    WrongImage,
)
from harness.link.mlperf import Disturbed, MlperfClient
from harness.results import open_store

SIZE = 490
SILENCE_S = 1.0


def first_byte_wins(data: bytes) -> list[float]:
    """Twelve scores; the class is the first byte of the input."""
    assert len(data) == SIZE, "a whole input"
    return [0.9 if kind == data[0] else 0.01 for kind in range(12)]


def samples(count: int = 3) -> list[Sample]:
    return [
        Sample(Truth(f"{n}.bin", 12, n % 12), (bytes([n % 12]) + bytes(SIZE - 1),))
        for n in range(count)
    ]


def session(device: MlperfDevice, **options: bool) -> tuple[Session, list[str]]:
    clock = Clock()
    client = MlperfClient(MemoryPort(device, clock), clock, command_s=SILENCE_S, infer_s=SILENCE_S)
    told: list[str] = []
    return Session(client, client.identify(), 1, 0, tell=told.append, **options), told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kws = tmp_path / "data" / "kws01"
    kws.mkdir(parents=True)
    for n in range(24):
        (kws / f"{n}.bin").write_bytes(bytes([n % 12]) + bytes(SIZE - 1))
    lines = [f"{n}.bin,12,{n % 12}\n" for n in range(24)]
    (kws / "y_labels.csv").write_text("".join(lines))
    return tmp_path / "data"


def test_an_accuracy_session_says_each_input_once() -> None:
    device = MlperfDevice(first_byte_wins)
    run, told = session(device)
    answers = [run.run(step) for step in sequence(samples(), Mode.ACCURACY)]
    assert [answer.inference.results.index(0.9) for answer in answers] == [0, 1, 2]
    assert device.heard.count("infer 1 0") == 3
    assert device.heard[:3] == ["", "name", "profile"]
    assert (run.repeated, told) == (0, [])


def test_chunks_are_31_bytes() -> None:
    device = MlperfDevice(first_byte_wins)
    run, _ = session(device)
    run.run(sequence(samples(1), Mode.ACCURACY)[0])
    chunks = [heard[3:] for heard in device.heard if heard[:4] in {"db 0", "db f"}]
    assert [len(chunk) for chunk in chunks] == [62] * (SIZE // 31) + [2 * (SIZE % 31)]


@pytest.mark.parametrize(
    ("told", "options"),
    [
        ("no answer to db", {"deaf_to": frozenset({7})}),
        ("no answer to infer", {"deaf_to": frozenset({3 + 1 + 16 + 1})}),
        (
            "Insufficent number of hex digits",
            {"tamper": lambda n, c, r: b"e-[Insufficent number of hex digits]\r\nm-ready\r\n"
             if n == 9 else r},
        ),
        (
            "the device has been reset",
            {"tamper": lambda n, c, r: b"m-init-done\r\nm-ready\r\n" if n == 9 else r},
        ),
        (
            "done before all was sent",
            {"tamper": lambda n, c, r: b"m-load-done\r\nm-ready\r\n" if n == 9 else r},
        ),
        (
            "0 lines like",
            {"tamper": lambda n, c, r: r.replace(b"m-results", b"\xff-results") if n == 21 else r},
        ),
        (
            "laps [",
            {"tamper": lambda n, c, r: r.replace(b"m-lap-us-", b"m-lap-us", 1) if n == 21 else r},
        ),
        (
            "no m-infer-start-1",
            {"tamper": lambda n, c, r: r.replace(b"start-1\r", b"start-7\r") if n == 21 else r},
        ),
        (
            "results '0.9",
            {"tamper": lambda n, c, r: r.replace(b"[0.900,", b"[0.9x0,") if n == 21 else r},
        ),
        (
            "11 results for 12 classes",
            {"tamper": lambda n, c, r: r.replace(b"[0.900,", b"[") if n == 21 else r},
        ),
    ],
)  # fmt: skip
def test_a_disturbed_step_is_said_again_whole(told: str, options: dict[str, object]) -> None:
    device = MlperfDevice(first_byte_wins, **options)  # type: ignore[arg-type]
    run, heard = session(device)
    answer = run.run(sequence(samples(1), Mode.ACCURACY)[0])
    assert answer.inference.results[0] == 0.9
    assert (answer.tries, run.repeated, len(heard)) == (2, 1, 1)
    assert told in heard[0]


def test_a_device_that_is_silent_for_good_is_a_timeout() -> None:
    device = MlperfDevice(first_byte_wins)
    run, _ = session(device)
    device.deaf_to = frozenset(range(4, 200))
    with pytest.raises(LinkTimeout, match="no answer to name within 1 s"):
        run.run(sequence(samples(1), Mode.ACCURACY)[0])


def test_a_device_that_never_gets_it_right_is_an_error() -> None:
    device = MlperfDevice(
        first_byte_wins,
        tamper=lambda n, c, r: r.replace(b"m-results", b"m-result") if "infer" in c else r,
    )
    run, told = session(device)
    with pytest.raises(DeviceError, match=r"0 lines like m-results.*said 4 times"):
        run.run(sequence(samples(1), Mode.ACCURACY)[0])
    assert len(told) == 4


def test_another_device_after_a_disturbance_is_refused() -> None:
    device = MlperfDevice(first_byte_wins, deaf_to=frozenset({7}))
    run, _ = session(device)
    device.name = "another board"
    with pytest.raises(WrongImage, match="now another board with kws01, it was board with kws01"):
        run.run(sequence(samples(1), Mode.ACCURACY)[0])


def test_inputs_are_read_back_where_asked() -> None:
    flipped = MlperfDevice(
        lambda data: [1.0] * 12,
        tamper=lambda n, c, r: r.replace(b"-00", b"-01", 1) if "print" in c and n < 30 else r,
    )
    run, told = session(flipped, verify=True)
    assert run.run(sequence(samples(1), Mode.ACCURACY)[0]).tries == 2
    assert told == ["repeated: the device holds other bytes than were sent of 0.bin"]


def test_a_line_without_end_is_a_timeout() -> None:
    clock = Clock()
    device = MlperfDevice(first_byte_wins, tamper=lambda n, c, r: b"x" * 70_000)
    client = MlperfClient(MemoryPort(device, clock, chunk=1000), clock)
    with pytest.raises(LinkTimeout, match="a line of over 65,536 bytes"):
        client.timestamp()


@pytest.mark.parametrize("served", [over_pty, over_tcp])
def test_a_session_end_to_end(tmp_path: Path, folder: Path, served: object) -> None:
    with served(MlperfDevice(first_byte_wins)) as port:  # type: ignore[operator]
        outcome = assembly.mlperf(
            port,
            "kws01",
            folder,
            Mode.ACCURACY,
            sessions=tmp_path / "sessions",
            results=tmp_path / "r.db",
        )
    assert outcome.score is not None
    assert (outcome.score.correct, outcome.score.files, outcome.score.auc) == (24, 24, 1.0)
    (line, area) = (outcome.folder / "results.txt").read_text().splitlines()
    assert line.endswith("ulp-mlperf: Top 1% = 100.0")
    assert area.endswith("ulp-mlperf: AUC = 1.000")
    entries = json.loads((outcome.folder / "results.json").read_text())
    assert entries[13]["file"] == "13.bin"
    assert (entries[13]["class"], entries[13]["classes"], entries[13]["mode"]) == ("1", "12", "a")
    assert entries[13]["infer"]["elapsed_time"] == 200_000
    assert "> infer 1 0%" in (outcome.folder / "log.txt").read_text().splitlines()
    (record,) = open_store(tmp_path / "r.db").sessions(outcome.run_id)
    reading = record.reading("mlperf_accuracy")
    assert (reading.value, reading.n, reading.fidelity.value) == (1.0, 24, "silicon")


def test_a_performance_session(tmp_path: Path, folder: Path) -> None:
    device = MlperfDevice(first_byte_wins, us_per_inference=200_000)
    with over_pty(device) as port:
        outcome = assembly.mlperf(
            port, None, folder, Mode.PERFORMANCE, sessions=tmp_path, results=tmp_path / "r.db"
        )
    assert device.heard.count("infer 70 10") == 5
    entries = json.loads((outcome.folder / "results.json").read_text())
    assert [entry["file"] for entry in entries] == [f"{n}.bin" for n in range(5)]
    text = (outcome.folder / "results.txt").read_text()
    assert "Median throughput is      5.000 inf./sec." in text
    (record,) = open_store(tmp_path / "r.db").sessions(outcome.run_id)
    assert record.reading("mlperf_throughput").value == 5.0


def test_performance_takes_the_next_file_for_each_window() -> None:
    names = [step.truth.file for step in sequence(samples(7), Mode.PERFORMANCE)]
    assert names == ["0.bin", "1.bin", "2.bin", "3.bin", "4.bin"]
    names = [step.truth.file for step in sequence(samples(2), Mode.PERFORMANCE)]
    assert names == ["0.bin", "1.bin", "0.bin", "1.bin", "0.bin"]


def test_windows_that_are_too_short_are_no_number(tmp_path: Path, folder: Path) -> None:
    with over_pty(MlperfDevice(first_byte_wins, us_per_inference=10_000)) as port:
        outcome = assembly.mlperf(
            port, None, folder, Mode.PERFORMANCE, sessions=tmp_path, results=tmp_path / "r.db"
        )
    assert (
        "ERROR 2 - loop exited before 10 seconds elapsed."
        in (outcome.folder / "results.txt").read_text()
    )
    (record,) = open_store(tmp_path / "r.db").sessions(outcome.run_id)
    assert record.reading("mlperf_throughput").reason == (
        "a window took 0.700 s; the rules want 10 s"
    )


def test_what_a_simulated_device_gives_stands_apart(tmp_path: Path, folder: Path) -> None:
    with over_pty(MlperfDevice(first_byte_wins, name="m7 (simulated)")) as port:
        outcome = assembly.mlperf(
            port, None, folder, Mode.PERFORMANCE, sessions=tmp_path, results=tmp_path / "r.db"
        )
    (record,) = open_store(tmp_path / "r.db").sessions(outcome.run_id)
    assert [reading.quantity for reading in record.readings] == ["mlperf_throughput_sim"]
    assert record.readings[0].fidelity.value == "simulated"


def test_a_session_that_fails_is_kept_as_failed(tmp_path: Path, folder: Path) -> None:
    with (
        over_pty(MlperfDevice(first_byte_wins), hang_up_after=4_000) as port,
        pytest.raises(Exception, match="closed by the other end"),
    ):
        assembly.mlperf(
            port, "kws01", folder, Mode.ACCURACY, sessions=tmp_path / "s", results=tmp_path / "r.db"
        )
    store = open_store(tmp_path / "r.db")
    (run,) = store.session_runs()
    (record,) = store.sessions(run.id)
    assert (record.status, record.error_class, record.readings) == (
        CaseStatus.FAILED,
        "LinkClosed",
        (),
    )
    (kept,) = (tmp_path / "s").iterdir()
    assert [file.name for file in kept.iterdir()] == ["log.txt"]


def test_another_model_on_the_device_is_refused(tmp_path: Path, folder: Path) -> None:
    with (
        over_pty(MlperfDevice(first_byte_wins, model="ic01")) as port,
        pytest.raises(ConfigError, match="the device runs ic01, not kws01"),
    ):
        assembly.mlperf(port, "kws01", folder, Mode.ACCURACY, sessions=tmp_path)


def test_an_unknown_benchmark_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(UnknownName, match="there is no benchmark 'kws'"):
        assembly.mlperf("socket://127.0.0.1:9", "kws", folder, Mode.ACCURACY, sessions=tmp_path)


def test_windows_slide_over_a_file(tmp_path: Path) -> None:
    from harness.catalog.mlperf_samples import load_samples

    content = bytes(range(256)) * 14  # 3584 = 2560 + 2 x 512: three windows
    (tmp_path / "a_id_01.bin").write_bytes(content)
    (tmp_path / "y_labels.csv").write_text("a_id_01.bin, 2, 1, 2560, 512\n")
    (sample,) = load_samples(tmp_path, BENCHMARKS["ad01"])
    assert sample.windows == (content[:2560], content[512:3072], content[1024:])
    steps = sequence([sample], Mode.ACCURACY)
    assert [(step.segment, step.segments) for step in steps] == [(0, 3), (1, 3), (2, 3)]
    assert [step.data for step in sequence([sample], Mode.PERFORMANCE)] == [content[:2560]] * 5
    (tmp_path / "a_id_01.bin").write_bytes(content[:2559])
    with pytest.raises(BadDataset, match=r"has 2,559 bytes and is sent as 2,560; ad01 takes"):
        load_samples(tmp_path, BENCHMARKS["ad01"])


def test_a_limit_is_spread_over_the_set(folder: Path) -> None:
    from harness.catalog.mlperf_samples import load_samples

    found = load_samples(folder, BENCHMARKS["kws01"], limit=6)
    assert [sample.truth.file for sample in found] == [f"{n}.bin" for n in range(0, 24, 4)]


def test_the_names_say_whether_a_device_is_simulated() -> None:
    assert DeviceNames("mps2-an500 Simulated", "", "kws01").simulated
    assert not DeviceNames("openmv-h7", "", "kws01").simulated


def test_a_spoilt_answer_is_a_link_error() -> None:
    clock = Clock()
    device = MlperfDevice(first_byte_wins, tamper=lambda n, c, r: b"e-[Unknown command: x]\r\n" + r)
    with pytest.raises(Disturbed, match=r"the answer to timestamp is not whole \(e-\[Unknown"):
        MlperfClient(MemoryPort(device, clock), clock).timestamp()


def test_a_session_is_no_run(tmp_path: Path, folder: Path) -> None:
    with over_tcp(MlperfDevice(first_byte_wins)) as port:
        outcome = assembly.mlperf(
            port, None, folder, Mode.ACCURACY, sessions=tmp_path, results=tmp_path / "r.db"
        )
    store = open_store(tmp_path / "r.db")
    assert (store.runs(), store.last_run(), store.cases(outcome.run_id)) == ([], None, [])
    assert [run.id for run in store.session_runs()] == [outcome.run_id]
    (record,) = store.sessions(outcome.run_id)
    assert record.is_session
    run_id = store.begin(run_info(id="own"))
    store.add(run_id, case_record())
    assert [run.id for run in store.runs()] == [run_id]
    assert store.sessions(run_id) == []
    assert not store.cases(run_id)[0].is_session


@pytest.mark.parametrize(
    ("name", "known", "fidelity"),
    [
        ("board", None, Fidelity.SILICON),
        ("board", Fidelity.SILICON, Fidelity.SILICON),
        ("board", Fidelity.SIMULATED, Fidelity.SIMULATED),
        ("board (Simulated)", None, Fidelity.SIMULATED),
        ("board simulated", Fidelity.SILICON, Fidelity.SIMULATED),
    ],
)
def test_one_word_of_doubt_makes_it_simulated(
    name: str, known: Fidelity | None, fidelity: Fidelity
) -> None:
    assert Peer(DeviceNames(name, "p", "kws01"), known_fidelity=known).fidelity is fidelity
