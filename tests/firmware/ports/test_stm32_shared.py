"""What the STM32 ports share, on the host: counts beyond 2^32, watchdog, divider, pins."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"
SETTINGS = {
    "HARNESS_DEVICE_HEADER": '"device.h"',
    "HARNESS_BAUD_RATE": "2000000u",
    "HARNESS_CACHES": "0",
    "HARNESS_LINK_PORT": "GPIOB",
    "HARNESS_LINK_TX": "10u",
    "HARNESS_LINK_RX": "11u",
    "HARNESS_GATE_PORT": "GPIOA",
    "HARNESS_GATE_PIN": "3u",
    "HARNESS_OPERATOR_PIN": "5u",
}
FAST, SLOW = 480_000_000, 240_000_000
# One count of TIM2 behind its prescaler of 2^16 at half the core's clock.
TIMER_TICK = 2 << 16

Ask = Callable[[str], str]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Ask the program one question."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc for the host is not installed")
    program = tmp_path_factory.mktemp("ports") / "stm32_shared"
    include = (ROOT / "firmware/core", ROOT / "firmware/ports/common", PROGRAMS)
    subprocess.run(
        [
            *(compiler, "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror"),
            *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
            *(f"-I{folder}" for folder in include),
            *(f"-D{name}={value}" for name, value in SETTINGS.items()),
            *(str(PROGRAMS / "stm32_shared.c"), "-o", str(program)),
        ],
        check=True,
    )

    def answer(question: str) -> str:
        finished = subprocess.run(
            [program], input=question + "\n", capture_output=True, text=True, check=True, timeout=10
        )
        return finished.stdout.strip()

    return answer


def ticks(ask: Ask, cycles: int, *, late: int = 0, lost: int = 0) -> str:
    """Ask for the count after `cycles`; TIM2 is read `late` cycles later and has missed `lost`."""
    timer = (cycles + late - lost) // TIMER_TICK
    return ask(f"ticks {FAST} {SLOW} {cycles % 2**32} {timer}")


@pytest.mark.parametrize(
    "cycles",
    [
        *(0, 1, TIMER_TICK - 1, TIMER_TICK, 2**31, 2**32 - 1, 2**32, 2**32 + 1),
        # 8.9 s at 480 MHz are one wrap; 31 s, the watchdog's period, are three and a half.
        *(2**32 + TIMER_TICK, 3 * 2**32 - 1, 3 * 2**32, 31 * FAST, 86_400 * FAST),
    ],
)
def test_a_count_goes_on_beyond_32_bits(ask: Ask, cycles: int) -> None:
    assert ticks(ask, cycles) == str(cycles)
    assert ticks(ask, cycles, late=400) == str(cycles)


@settings(max_examples=30, deadline=None)
@given(cycles=st.integers(0, 2**48), late=st.integers(0, 2000))
def test_any_count_is_exact(ask: Ask, cycles: int, late: int) -> None:
    assert ticks(ask, cycles, late=late) == str(cycles)


def test_a_timer_that_stands_still_gives_no_count(ask: Ask) -> None:
    for cycles in (2**21, 2**31, 2**32 - 2**21):
        assert ask(f"ticks {FAST} {SLOW} {cycles} 0") == "overflow"


def test_a_counter_that_stands_still_gives_no_count(ask: Ask) -> None:
    assert ask(f"ticks {FAST} {SLOW} 0 {FAST // TIMER_TICK}") == "overflow"


def test_a_core_that_was_halted_in_between_gives_no_count(ask: Ask) -> None:
    assert ticks(ask, 10 * FAST, lost=FAST) == "overflow"


def test_a_timer_at_another_rate_gives_no_count(ask: Ask) -> None:
    cycles = 100_000_000
    assert ask(f"ticks {FAST} {SLOW} {cycles} {5 * cycles // TIMER_TICK}") == "overflow"


def test_without_pll_core_and_timer_have_one_clock(ask: Ask) -> None:
    assert ask(f"ticks 64000000 64000000 {10**9} {10**9 // 2**16}") == str(10**9)


@pytest.mark.parametrize(
    ("core_hz", "timer_hz"),
    [(FAST, SLOW), (216_000_000, 108_000_000), (64_000_000, 64_000_000), (16_000_000, 16_000_000)],
)
def test_the_clock_that_runs_on_counts_microseconds_over_windows(
    ask: Ask, core_hz: int, timer_hz: int
) -> None:
    said = ask(f"clock {core_hz} {timer_hz} 4294967295")
    assert said == f"{timer_hz // 10**6 - 1} 1000000 4294967295 0"


def test_the_watchdog_starts_with_the_first_window(ask: Ask) -> None:
    assert ask("window 0") == "0 0 0 0"


@pytest.mark.parametrize("windows", [1, 2])
def test_a_watched_core_refreshes_and_is_woken_from_sleep(ask: Ask, windows: int) -> None:
    # Refreshed; divided by 256; SysTick ran with its interrupt in the sleep, and not after it.
    assert ask(f"window {windows}") == "aaaa 6 7 0"


@pytest.mark.parametrize(
    ("kernel_hz", "divider"),
    [(120_000_000, 60), (100_000_000, 50), (64_000_000, 32), (54_000_000, 27)],
)
def test_2_mbaud_divide_without_rest(ask: Ask, kernel_hz: int, divider: int) -> None:
    assert kernel_hz / divider == 2_000_000
    assert ask(f"baud {kernel_hz}") == str(divider)


@pytest.mark.parametrize(
    ("kernel_hz", "wanted", "said"),
    [
        (120_000_000, 3_000_000, "3000000 40 60 1"),
        (120_000_000, 7_500_000, "7500000 16 60 1"),  # the least divider
        (120_000_000, 7_500_001, "0 60 60 1"),
        (54_000_000, 3_000_000, "3000000 18 27 1"),
        (64_000_000, 3_000_000, "3047619 21 32 1"),  # 1.6 % off
        (54_000_000, 2_500_000, "2454545 22 27 1"),  # 1.8 % off
        (64_000_000, 3_900_000, "0 32 32 1"),  # 4 Mbaud would be 2.6 % off
        (120_000_000, 921_600, "923076 130 60 1"),
        (120_000_000, 1_000, "0 60 60 1"),  # a divider of 17 bits
        (120_000_000, 0, "0 60 60 1"),
    ],
)
def test_a_rate_is_told_as_it_really_is(ask: Ask, kernel_hz: int, wanted: int, said: str) -> None:
    assert ask(f"rate {kernel_hz} {wanted}") == said


def test_a_pin_of_either_half_of_a_port(ask: Ask) -> None:
    assert ask("pin 10") == f"{2 << 20:x} 0 {7 << 8:x}"
    assert ask("pin 3") == f"{2 << 6:x} {7 << 12:x} 0"
