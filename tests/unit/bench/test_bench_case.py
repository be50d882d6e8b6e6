"""One case on a desk without hardware: exact readings, or an error and no numbers at all."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from bench_desk import BUILD_ID, LIBRARY, O2, TARGET, Desk, DeskDevice, refuse_run
from devices.scripted import Seen
from devices.transports import over_tcp

from harness.bench.case import run_case
from harness.bench.events import Event, InputsDone, Note, Stage, StageStarted
from harness.domain.firmware import BuildVariant, DeviceHeaders
from harness.domain.measurement import Measurement, Missing
from harness.domain.plan import Mode
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.target import CounterMeaning, Memory, Region, Target
from harness.domain.units import Fidelity, Unit
from harness.errors import (
    BadFrame,
    CounterStuck,
    HarnessError,
    ImageTooLarge,
    KernelRefused,
    LinkClosed,
    MeasurementError,
    Saturated,
    SimulatorDied,
    VerifyFailed,
    WindowMissed,
    WrongImage,
    WrongModel,
)
from harness.link import PROTOCOL_VERSION


def ok(desk: Desk, **changes: object) -> CaseRecord:
    record, error = desk.run(**changes)
    assert error is None, error
    assert record.status is CaseStatus.OK
    return record


def failed(desk: Desk, kind: type[HarnessError]) -> tuple[CaseRecord, HarnessError]:
    """Run a case that must fail: recorded with class and message, and without any number."""
    record, error = desk.run()
    assert type(error) is kind, error
    assert record.status is CaseStatus.FAILED
    assert (record.error_class, record.error_message) == (kind.__name__, str(error))
    assert record.readings == ()
    assert record.link_interrupts is None
    return record, error


def measured(record: CaseRecord, quantity: str) -> Measurement:
    reading = record.reading(quantity)
    assert isinstance(reading, Measurement), reading
    return reading


# Numbers


def test_counts_are_median_and_spread_of_all_windows(desk: Desk) -> None:
    desk.device.counts = {0: (10,), 1: (13,), 2: (12,), 3: (30,)}
    count = measured(ok(desk), "instructions")
    assert (count.value, count.minimum, count.maximum, count.n) == (500.0, 400.0, 1200.0, 4)
    assert (count.unit, count.resolution) == (Unit.INSTRUCTIONS, 40)
    assert (count.fidelity, count.instrument) == (Fidelity.SIMULATED, "ticker")


def test_every_repeat_counts_and_warm_up_does_not(desk: Desk) -> None:
    desk.device.counts = {0: (1, 2, 3), 1: (2, 2, 9), 2: (2, 4, 4), 3: (2, 2, 2)}
    record = ok(desk, repeat=3, warmup=2)
    count = measured(record, "instructions")
    assert (count.value, count.minimum, count.maximum, count.n) == (80.0, 40.0, 360.0, 12)
    assert desk.device.runs == 2 + 4 * 3
    assert (record.warmup, record.repeats) == (2, 3)


def test_accuracy_is_the_share_of_labels_hit(desk: Desk) -> None:
    accuracy = measured(ok(desk), "accuracy")
    assert (accuracy.value, accuracy.n, accuracy.unit) == (0.75, 4, Unit.FRACTION)


def test_without_labels_accuracy_is_missing_and_not_zero(desk: Desk) -> None:
    desk.labels = None
    assert ok(desk).reading("accuracy") == Missing("accuracy", "no labels")


def test_the_data_set_says_why_it_has_no_labels(desk: Desk) -> None:
    desk.labels, desk.no_labels = None, "random inputs have no labels"
    assert ok(desk).reading("accuracy") == Missing("accuracy", "random inputs have no labels")


def test_outputs_that_equal_the_host_reference(desk: Desk) -> None:
    record = ok(desk)
    equal, largest = measured(record, "vectors_equal"), measured(record, "largest_difference")
    assert (equal.value, equal.n) == (4, 4)
    assert (largest.value, largest.unit) == (0, Unit.LSB)


def test_outputs_that_differ_are_counted_as_vectors_and_in_lsb(desk: Desk) -> None:
    desk.device.answers = {
        1: np.array([0, 20, 1, 0], np.int8).tobytes(),
        3: np.array([-3, 0, 2, 40], np.int8).tobytes(),
    }
    record = ok(desk)
    assert measured(record, "vectors_equal").value == 2
    assert measured(record, "largest_difference").value == 3


def test_a_difference_over_the_whole_range_does_not_wrap(desk: Desk) -> None:
    desk.inputs = np.full((4, 4), 127, np.int8)
    desk.device.answers = {2: np.full(4, -128, np.int8).tobytes()}
    assert measured(ok(desk), "largest_difference").value == 255


def test_on_silicon_the_same_ticks_are_cycles(desk: Desk) -> None:
    board = replace(
        TARGET, fidelity=Fidelity.SILICON, counter=CounterMeaning("ticker", Unit.CYCLES, 1)
    )
    record = ok(desk, target=board)
    assert measured(record, "cycles").value == 100
    assert record.reading("instructions") == Missing("instructions", "not recorded")


# Provenance


def test_a_record_says_all_that_is_known(desk: Desk) -> None:
    desk.library = LIBRARY
    record = ok(desk)
    image = desk.board.memory[TARGET.memory.model_slot.origin]
    (source,) = struct.unpack_from("<32s", image, 16)
    assert (record.target_id, record.core, record.kernel_set) == ("desk", "Cortex-M7", "reference")
    assert (record.model, record.variant, record.dataset) == ("copying", "O2", "four")
    assert (record.dataset_sha256, record.inputs) == ("d5" * 32, 4)
    assert (record.build_id, record.compiler) == (BUILD_ID.hex(), "gcc 12.2")
    assert (record.firmware_flash_bytes, record.firmware_ram_bytes) == (15_000, 52_000)
    assert record.library_name == "cmsis-nn"
    assert (record.library_version, record.library_tree_hash) == ("12.5.1", "5e3a")
    assert record.model_sha256 == source.hex()
    assert (record.image_bytes, record.image_crc32) == struct.unpack_from("<II", image, 8)
    assert record.arena_bytes == struct.unpack_from("<I", image, 48)[0] == 32
    assert record.arena_lower_bound == 32
    assert (record.weight_bytes, record.macs) == (16, 16)
    assert (record.clock_hz, record.counter_name) == (25_000_000, "ticker")
    assert (record.counter_resolution, record.link_interrupts) == (40, 0)
    assert [name for name, _ in record.tool_versions] == ["harness", "pyocd", "desk", "litert"]
    assert dict(record.tool_versions)["desk"] == "1.0"
    assert record.finished - record.started == timedelta(seconds=1)


def test_a_record_names_the_board_and_the_protocol_it_speaks(desk: Desk) -> None:
    record = ok(desk)
    assert (record.board_serial, record.caches) == (None, None)  # a simulator without caches
    assert record.protocol_version == PROTOCOL_VERSION
    desk.board_serial = "066BFF"
    assert ok(desk).board_serial == "066BFF"


NO_CACHE = BuildVariant("nocache", "-O2, no cache", "-O2", defines={"HARNESS_CACHES": "0"})


@pytest.mark.parametrize(("variant", "found"), [(O2, "on"), (NO_CACHE, "off")])
def test_a_record_tells_whether_the_caches_were_on(
    desk: Desk, variant: BuildVariant, found: str
) -> None:
    cached = replace(TARGET, defines={"HARNESS_CACHES": "1"})
    assert ok(desk, target=cached, variant=variant).caches == found


def test_a_record_names_the_device_header(desk: Desk) -> None:
    desk.device_headers = DeviceHeaders("chip.h", "pack 1.0", "ab12", ())
    tools = dict(ok(desk).tool_versions)
    assert tools["device-headers"] == "chip.h of pack 1.0, ab12"


def test_both_regions_are_read_back_after_both_were_programmed(desk: Desk) -> None:
    ok(desk)
    assert desk.board.steps == ["program", "write", "verify elf", "verify", "reset"]


def test_a_case_tells_its_stages_its_notes_and_its_inputs(desk: Desk) -> None:
    told: list[Event] = []
    desk.run(on_event=told.append)
    assert [event.stage for event in told if isinstance(event, StageStarted)] == [
        stage for stage in Stage if stage not in {Stage.OPERATORS, Stage.ENERGY, Stage.STORE}
    ]
    assert Note("building firmware for desk") in told
    assert [(event.done, event.total) for event in told if isinstance(event, InputsDone)] == [
        (done, 4) for done in range(5)
    ]


# Scratch


def test_scratch_is_planned_anew_once_and_remembered(desk: Desk) -> None:
    desk.device.scratch = (512,)
    first = ok(desk)
    assert desk.board.steps.count("write") == 2
    assert desk.board.steps[-4:] == ["write", "verify elf", "verify", "reset"]
    assert first.arena_bytes == 32 + 512
    desk.board.steps.clear()
    assert ok(desk).arena_bytes == 32 + 512
    assert desk.board.steps.count("write") == 1


@pytest.mark.parametrize("content", ["", "[1, 2", "{}", '["a"]', "[-1]", "[0, 0, 0]"])
def test_a_damaged_memo_of_scratch_costs_one_more_load_at_most(desk: Desk, content: str) -> None:
    desk.device.scratch = (512,)
    ok(desk)
    (memo,) = (desk.folder / "cache" / "scratch").iterdir()
    memo.write_text(content)
    assert ok(desk).arena_bytes == 32 + 512


def test_more_scratch_than_the_arena_holds(desk: Desk) -> None:
    desk.device.scratch = (4096,)
    _, error = failed(desk, ImageTooLarge)
    assert (error.need, error.have) == (4128, 4096)  # type: ignore[attr-defined]
    assert "the arena of desk needs 4,128 bytes and has 4,096" in str(error)


# The device must prove what it runs


def change_target(**changes: object) -> Target:
    return replace(TARGET, **changes)  # type: ignore[arg-type]


def change_memory(**changes: object) -> Memory:
    return replace(TARGET.memory, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("says", "message"),
    [
        (
            {"build_id": bytes(20)},
            f"the device reports build id {'00' * 20}, "
            f"the firmware just flashed has {BUILD_ID.hex()}",
        ),
        (
            {"target": change_target(id="another")},
            "the device reports target another, the firmware just flashed has desk",
        ),
        (
            {"kernel_set": "cmsis-nn"},
            "the device reports kernel set cmsis-nn, the firmware just flashed has reference",
        ),
        (
            {"target": change_target(clock_hz=16_000_000)},
            "the device reports clock in Hz 16000000, the firmware just flashed has 25000000",
        ),
        (
            {"target": change_target(counter=CounterMeaning("dwt", Unit.CYCLES, 1))},
            "the device reports counter dwt, the firmware just flashed has ticker",
        ),
        (
            {"target": change_target(memory=change_memory(arena=Region(0x2010_0000, 16)))},
            "the device reports arena 0x20100000 + 16 bytes, "
            "the firmware just flashed has 0x20100000 + 4,096 bytes",
        ),
        (
            {"target": change_target(memory=change_memory(model_slot=Region(0, 0x1_0000)))},
            "the device reports model slot 0x00000000 + 65,536 bytes, "
            "the firmware just flashed has 0x00200000 + 65,536 bytes",
        ),
    ],
)
def test_another_firmware_is_refused(desk: Desk, says: dict[str, object], message: str) -> None:
    for name, value in says.items():
        setattr(desk.device, name, value)
    _, error = failed(desk, WrongImage)
    assert str(error) == (
        f"desk: {message}\n"
        "  -> Check that probe and link belong to the same board, then flash again."
    )
    assert desk.device.runs == 0


def test_the_clock_that_a_revision_runs_at_is_recorded(desk: Desk) -> None:
    desk.device.target = change_target(clock_hz=16_000_000)
    record = ok(desk, target=change_target(also_clock_hz=(16_000_000, 20_000_000)))
    assert record.clock_hz == 16_000_000


def test_a_clock_that_is_not_listed_is_another_firmware(desk: Desk) -> None:
    desk.device.target = change_target(clock_hz=16_000_000)
    record, error = desk.run(target=change_target(also_clock_hz=(20_000_000,)))
    assert type(error) is WrongImage
    assert "clock in Hz 16000000, the firmware just flashed has 25000000" in str(error)
    assert record.readings == ()


def flip(offset: int) -> object:
    def describes(answer: bytearray) -> None:
        answer[offset] ^= 0xFF

    return describes


@pytest.mark.parametrize(
    ("offset", "what"),
    [(0, "CRC-32"), (5, "bytes"), (8, "source")],
    ids=["crc", "size", "source"],
)
def test_another_model_is_refused(desk: Desk, offset: int, what: str) -> None:
    desk.device.describes = flip(offset)  # type: ignore[assignment]
    _, error = failed(desk, WrongModel)
    assert "the device holds a model image with CRC-32" in error.what
    assert what in error.what
    assert error.where == "copying"
    assert error.hint == "Reset the board and run again; if it stays, check the probe's connection."
    assert desk.device.runs == 0


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("input_bytes", "the device takes inputs of (8,) bytes, the model image has (4,)"),
        ("output_bytes", "the device takes outputs of (8,) bytes, the model image has (4,)"),
    ],
)
def test_other_inputs_or_outputs_are_refused(desk: Desk, field: str, message: str) -> None:
    setattr(desk.device, field, 8)
    _, error = failed(desk, WrongModel)
    assert error.what == message
    assert error.hint == "Rebuild the firmware from the sources of this harness."


def test_an_image_that_changed_on_its_way_is_found_by_reading_back(desk: Desk) -> None:
    desk.board.corrupt = lambda data: data[:-1] + b"\x55"
    failed(desk, VerifyFailed)
    assert desk.device.seen == []


# Measurements that cannot be trusted


def test_link_interrupts_in_a_window_spoil_it(desk: Desk) -> None:
    desk.device.link_interrupts = 2
    _, error = failed(desk, WindowMissed)
    assert str(error) == (
        "copying · desk · reference: 2 link interrupts fell into the window of input 0\n"
        "  -> Let nothing else talk to the device's port while it is measured."
    )


def test_a_counter_that_stands_still(desk: Desk) -> None:
    desk.device.counts = {2: (0,)}
    _, error = failed(desk, CounterStuck)
    assert str(error) == (
        "copying · desk · reference: the counter did not move during input 2\n"
        "  -> Check that the target's counter runs (a simulator may lack it)."
    )


def test_where_nothing_counts_accuracy_is_there_and_the_count_is_missing(desk: Desk) -> None:
    desk.no_counter = "no C compiler on PATH"
    desk.device.counts = dict.fromkeys(range(4), (0,))
    record = ok(desk)
    assert record.reading("instructions") == Missing("instructions", "no C compiler on PATH")
    accuracy, equal = record.reading("accuracy"), record.reading("vectors_equal")
    assert isinstance(accuracy, Measurement)
    assert isinstance(equal, Measurement)
    assert (accuracy.value, equal.value) == (0.75, 4)


def test_one_still_window_of_many_is_enough(desk: Desk) -> None:
    desk.device.counts = {1: (5, 0, 5)}
    record, error = desk.run(repeat=3)
    assert isinstance(error, CounterStuck)
    assert record.readings == ()


def test_an_output_of_another_size(desk: Desk) -> None:
    desk.device.answers = {1: b"\1\2\3"}
    _, error = failed(desk, BadFrame)
    assert error.what == "the answer to input 1 has 3 bytes of output, the model 4"
    assert error.hint == "Rebuild the firmware from the sources of this harness."


def test_a_kernel_that_refuses(desk: Desk) -> None:
    refuse_run(desk.device, 2, 7, operator=0, detail=-1)
    record, error = failed(desk, KernelRefused)
    assert "FULLY_CONNECTED" in str(error)
    assert record.build_id == BUILD_ID.hex()  # what was known stays known


def test_a_counter_that_overflows(desk: Desk) -> None:
    refuse_run(desk.device, 0, 8)
    failed(desk, Saturated)


# A machine that dies, a user who has enough


def test_a_dead_simulator_explains_a_closed_link(desk: Desk) -> None:
    def dead() -> None:
        raise SimulatorDied("the desk was ended by signal 9", hint="run it again")

    def cut(done: object) -> None:
        if done == InputsDone(2, 4):
            desk.check = dead
            desk.device.deaf = True

    record, error = desk.run(on_event=cut)
    assert isinstance(error, SimulatorDied)
    assert record.error_message == "the desk was ended by signal 9\n  -> run it again"
    assert record.readings == ()


def test_ctrl_c_leaves_a_failed_record(desk: Desk) -> None:
    def impatient(event: Event) -> None:
        if event == InputsDone(2, 4):
            raise KeyboardInterrupt

    record, error = desk.run(on_event=impatient)
    assert isinstance(error, KeyboardInterrupt)
    assert (record.status, record.readings) == (CaseStatus.FAILED, ())
    assert (record.error_class, record.error_message) == ("KeyboardInterrupt", "interrupted")


# Known before anything is built


@pytest.mark.parametrize(("region", "what"), [("model_slot", "model slot"), ("arena", "arena")])
def test_what_does_not_fit_is_not_even_built(desk: Desk, region: str, what: str) -> None:
    need = len(desk.prepared().image.data) if region == "model_slot" else 16 + 16
    small = change_target(memory=change_memory(**{region: Region(0x20_0000, 16)}))
    record, error = desk.run(target=small)
    assert isinstance(error, ImageTooLarge)
    assert (error.need, error.have) == (need, 16)
    assert str(error) == (
        f"copying: the {what} of desk needs {need} bytes and has 16\n"
        "  -> Choose a smaller model or a target with more memory (`harness targets`)."
    )
    assert record.error_class == "ImageTooLarge"
    assert (desk.builds, desk.starts) == (0, 0)


def test_logs_stay_where_an_error_names_them(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ok(desk)
    assert not list(tmp_path.glob("harness-*"))
    desk.board.corrupt = lambda data: bytes(len(data))
    failed(desk, VerifyFailed)
    assert len(list(tmp_path.glob("harness-*"))) == 1


def test_no_room_for_logs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(desk.folder / "gone"))
    record, error = desk.run()
    assert record.error_class == "RigError"
    assert str(error) == (
        f"{desk.folder / 'gone'}: no folder for logs can be made: No such file or directory\n"
        "  -> Free some space there, or set TMPDIR to another folder."
    )


def test_a_device_that_hangs_up(desk: Desk) -> None:
    class Gone(DeskDevice):
        def run(self, request: bytes) -> bytes:
            raise OSError

    desk.device = Gone(board=desk.board, input_bytes=4)
    desk.link = over_tcp
    failed(desk, LinkClosed)


def test_a_host_reference_that_fails_is_not_agreement(desk: Desk) -> None:
    prepared = desk.prepared()
    desk.model.path.write_bytes(b"changed after it was read" * 4)
    record, error = run_case(prepared, desk.rig, lambda event: None)
    assert error is not None
    assert not isinstance(error, MeasurementError)
    assert record.readings == ()


# Accuracy mode


def test_accuracy_mode_keeps_outputs_and_no_number_of_the_counter(desk: Desk) -> None:
    desk.device.link_interrupts = 12  # the next input comes while one computes
    desk.device.counts = {1: (0,)}
    record = ok(desk, mode=Mode.ACCURACY, warmup=0)
    assert record.reading("instructions") == Missing(
        "instructions", "link active: the next input travelled during the inference (accuracy mode)"
    )
    assert record.link_interrupts is None
    assert measured(record, "accuracy").value == 0.75
    assert measured(record, "vectors_equal").value == 4
    assert desk.device.runs == 4


def test_accuracy_mode_goes_on_after_a_reset(desk: Desk) -> None:
    left = [desk]

    def reset(seen: Seen) -> bytes | None:
        if seen.kind == 4 and desk.device.requests == 2 and left:
            left.clear()
            desk.device.reset()
            return b""
        return None

    desk.device.misbehave = reset
    record = ok(desk, mode=Mode.ACCURACY, warmup=0)
    assert record.incidents == "input 2 repeated: the device had been reset"
    assert measured(record, "vectors_equal").value == 4


def test_in_accuracy_mode_fallbacks_have_no_share(desk: Desk) -> None:
    desk.library = LIBRARY
    desk.linked = (replace(desk.linked[0], fallback=True),)
    record = ok(desk, mode=Mode.ACCURACY, warmup=0)
    share = record.reading("fallback_share")
    assert isinstance(share, Missing)
    assert share.reason.startswith("link active")
