"""What stands below the table names what was simulated by, and whose answers count."""

from __future__ import annotations

from builders.records import case_record

from harness.report.footer import footer_lines

QEMU = ("qemu", "7.2")


def test_only_the_simulator_simulates() -> None:
    others = ("harness", "pyocd", "litert", "q7-simulation", "device-headers", "power-meter")
    versions = (*((name, "1") for name in others), QEMU)
    lines = footer_lines([case_record(tool_versions=versions)])
    assert lines[0].startswith("simulated by qemu 7.2: instructions, not time; ")


def test_whose_answers_count_is_told() -> None:
    q7, litert = ("q7-simulation", "1"), ("litert", "2")
    told = {
        tools: next(
            line
            for line in footer_lines([case_record(tool_versions=(QEMU, *tools))])
            if line.startswith("equal")
        )
        for tools in ((), (litert,), (q7,), (q7, litert))
    }
    whose = {
        tools: line.split("vectors that equal ")[1].split(" byte")[0]
        for tools, line in told.items()
    }
    assert whose == {
        (): "LiteRT's reference kernels",
        (litert,): "LiteRT's reference kernels",
        (q7,): "q7-simulation's",
        (q7, litert): "LiteRT's reference kernels or q7-simulation's",
    }
