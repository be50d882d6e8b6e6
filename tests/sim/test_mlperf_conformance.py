"""The firmware's MLPerf Tiny text protocol on simulated boards, command by command."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest
from devices.mps2_firmware import needs_qemu
from devices.official_runner import Board, OfficialRunner, download, infer
from devices.virtual_board import needs_unicorn

from harness import assembly, catalog
from harness.bench.events import nobody
from harness.bench.mlperf import TextDevice, text_device
from harness.link import DeviceClient, open_port
from harness.model import HostReference

pytestmark = [
    needs_qemu,
    needs_unicorn,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
MODEL, SIZE, CLASSES = "mlp-digits", 784, 10
CLOCK_MHZ = {"mps2-an500": 25, "openmv-h7-virtual": 480}
DEADLINE_S = 60.0


@contextmanager
def device_of(target: str, build: str = "O2") -> Iterator[TextDevice]:
    (case,) = assembly.plan(
        targets=[target], kernel_sets=["reference"], models=[MODEL], builds=[build]
    )
    with text_device(case, assembly.rig(), nobody) as device:
        yield device


@dataclass(frozen=True)
class Running:
    target: str
    device: TextDevice


@pytest.fixture(scope="module", params=sorted(CLOCK_MHZ))
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with device_of(request.param) as device:
        yield Running(request.param, device)


@pytest.fixture
def board(running: Running) -> Iterator[Board]:
    """A port opened for each test; nothing may be left on it afterwards."""
    board = OfficialRunner(running.device.at.link_url).open()
    yield board
    assert board.quiet(0.1) == b""
    board.port.close()


def sample() -> bytes:
    return np.random.default_rng(5).integers(-128, 128, SIZE, dtype=np.int8).tobytes()


def test_name_says_what_runs_it(running: Running, board: Board) -> None:
    assert board.command("name") == [f"m-name-dut-[{running.target} simulated]"]


def test_profile(board: Board) -> None:
    assert board.command("profile") == [
        "m-profile-[ULPMark for tinyML Firmware V0.0.1]",
        "m-model-[none]",
    ]


def test_timestamp_is_one_lap(board: Board) -> None:
    (line,) = board.command("timestamp")
    assert re.fullmatch("m-lap-us-[0-9]+", line)


def test_help_has_text(board: Board) -> None:
    text = " ".join(board.command("help"))
    assert all(word in text for word in ("name", "profile", "timestamp", "db", "infer", "results"))


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("nonsense", "Unknown command: nonsense"),
        ("db", "Command 'db' requires a subcommand"),
        ("db load", "Command 'db load' requires the # of bytes"),
        ("db load 0", "Command 'db load' must be >0 bytes"),
        ("db abc", "Insufficent number of hex digits"),
        ("db 00gg", "Invalid hex digit 'gg'"),
        ("infer 0 1", "Inference iterations must be >0"),
        ("infer 1 -1", "Inference warmup must be >=0"),
    ],
)
def test_errors(board: Board, command: str, error: str) -> None:
    board.command("db load 8")
    assert board.command(command) == [f"e-[{error}]"]
    assert board.command("name")[0].startswith("m-name-dut-[")


def test_an_input_is_loaded_and_printed(board: Board) -> None:
    data = sample()
    download(board, data)
    rows = board.command("db print")
    assert all(re.fullmatch("m-buffer(-[0-9a-f]{2}){8}", row) for row in rows)
    assert bytes.fromhex("".join(row[9:] for row in rows).replace("-", "")) == data
    assert board.command("db print 3 9") == ["m-buffer-" + data[9:12].hex("-")]


def test_infer_says_these_lines_in_this_order(board: Board) -> None:
    download(board, sample())
    window = infer(board, 3, 2)
    assert window.lines == [
        "m-warmup-start-2",
        "m-warmup-done",
        "m-infer-start-3",
        f"m-lap-us-{window.start_us}",
        f"m-lap-us-{window.end_us}",
        "m-infer-done",
        window.lines[-1],
    ]
    assert window.lines[-1].startswith("m-results-[")
    assert board.command("results") == [window.lines[-1]]
    assert board.command("infer 1")[0] == "m-warmup-start-10"


def test_results_are_the_host_s(board: Board) -> None:
    path = catalog.resolve_model(MODEL).path
    data = sample()
    download(board, data)
    inputs = np.frombuffer(data, np.int8).reshape(1, 28, 28, 1)
    expected = HostReference(path).outputs(inputs).astype(int).ravel()
    got = infer(board, 1, 0).results
    assert len(got) == CLASSES
    # SOFTMAX has the scale 1/256 and the zero point -128 (TensorFlow Lite's quantisation spec).
    assert got == pytest.approx([(value + 128) / 256 for value in expected], abs=5.1e-4)


def test_laps_are_the_counts_of_frames_at_the_nominal_clock(running: Running) -> None:
    data, target = sample(), catalog.target(running.target)
    with open_port(running.device.at.link_url, target.baud_rate) as port:
        client = DeviceClient(port)
        client.hello(DEADLINE_S)
        client.describe(DEADLINE_S)
        (ticks,) = client.infer(data, deadline_s=DEADLINE_S).ticks
    (window,) = OfficialRunner(running.device.at.link_url).test([data], 8, 1)
    counts = 8 * ticks * target.counter.per_tick
    # Each inference may differ by a tick, and both laps are cut to whole microseconds.
    slack = 8 * target.counter.per_tick / CLOCK_MHZ[running.target] + 1
    assert window.end_us - window.start_us == pytest.approx(
        counts / CLOCK_MHZ[running.target], abs=slack
    )


def test_the_port_may_be_closed_and_opened_again(running: Running) -> None:
    runner = OfficialRunner(running.device.at.link_url)
    first, (window,) = runner.identify(), runner.test([sample()], 1, 0)
    assert runner.identify() == first
    assert len(window.results) == CLASSES
