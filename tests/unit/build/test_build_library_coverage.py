"""Coverage of a library's interface, read from header and sources as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.build.library_coverage import HEADER, bodies, coverage, header_functions
from harness.domain.firmware import KernelSet, Library
from harness.domain.library_function import LibraryFunction
from harness.errors import LibraryUnavailable

HEADER_TEXT = """
/* arm_in_a_comment(int x); */
#define arm_macro(x) \\
    arm_continued(x)
arm_status arm_wrapper(const int8_t *x,
                       int n);
int32_t arm_wrapper_get_buffer_size (const dims *d); // arm_other(
void arm_left(void); void arm_unsaid(void);
"""
SOURCE = """
static const int table[] = {1, 2};
static void helper(int x) { arm_inner("arm_text(", x); }
arm_status arm_wrapper(const int8_t *x, int n)
{
#if defined(MVE)
    if (x) { helper(n); }
#else
    return arm_fast /* arm_never */ (x);
#endif
}
struct point { int x; };
"""


def library(folder: Path) -> Library:
    (folder / "Include").mkdir()
    (folder / HEADER).write_text(HEADER_TEXT)
    (folder / "Source" / "deep").mkdir(parents=True)
    (folder / "Source" / "deep" / "wrapper.c").write_text(SOURCE)
    (folder / "Source" / "inner.c").write_text(
        "void arm_inner(char *t, int x) { arm_left(); }\nvoid arm_left(void) { arm_inner(0, 0); }"
    )
    return Library("lib", "1", "0", folder)


def kernels(folder: Path, text: str, calls: str = "lib") -> KernelSet:
    folder.mkdir()
    (folder / "conv_2d.c").write_text(text)
    return KernelSet("set", "Set", (folder,), calls)


def test_the_functions_of_a_header() -> None:
    assert header_functions(HEADER_TEXT) == [
        "arm_wrapper",
        "arm_wrapper_get_buffer_size",
        "arm_left",
        "arm_unsaid",
    ]


def test_bodies_are_those_of_functions_only() -> None:
    found = dict(bodies(SOURCE))
    assert set(found) == {"helper", "arm_wrapper"}
    assert found["helper"] == {"arm_inner", "x"}
    assert {"helper", "arm_fast"} <= found["arm_wrapper"]
    assert "arm_never" not in found["arm_wrapper"]


def test_what_a_kernel_reaches_through_helpers_and_circles(tmp_path: Path) -> None:
    calling = kernels(tmp_path / "mine", "/* arm_unsaid */ int f() { return arm_wrapper(a, 1); }")
    assert coverage(library(tmp_path), [calling]) == [
        LibraryFunction("arm_wrapper", ("CONV_2D",), "mine/conv_2d.c"),
        LibraryFunction("arm_wrapper_get_buffer_size"),
        LibraryFunction("arm_left", ("CONV_2D",), "arm_inner"),
        LibraryFunction("arm_unsaid"),
    ]


def test_kernels_of_other_libraries_reach_nothing(tmp_path: Path) -> None:
    calling = kernels(tmp_path / "mine", "int f() { return arm_wrapper(a, 1); }", calls="other")
    assert not any(function.reached for function in coverage(library(tmp_path), [calling]))


def test_a_library_without_header(tmp_path: Path) -> None:
    with pytest.raises(LibraryUnavailable) as caught:
        coverage(Library("lib", "1", "0", tmp_path), [])
    assert caught.value.what.endswith("arm_nnfunctions.h cannot be read: No such file or directory")
