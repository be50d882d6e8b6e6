"""Folders of classes: which class a file has, the order, and what is refused."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.class_folders import OPTIONS, interleaved, labelled_files
from harness.catalog.spec_arguments import split_arguments
from harness.errors import BadDataset

SYNTAX = "kind:DIR[,OPTION=VALUE]..."


def made(root: Path, **classes: int) -> Path:
    for name, files in classes.items():
        (root / name).mkdir(parents=True)
        for number in range(files):
            (root / name / f"{number:03}").touch()
    return root


def found(root: Path, options: str = "") -> list[tuple[str, int]]:
    arguments = split_arguments(f"{root}{options}", SYNTAX, OPTIONS)
    return [(str(path.relative_to(root)), label) for path, label in labelled_files(arguments)]


def refused(root: Path, options: str = "") -> BadDataset:
    with pytest.raises(BadDataset) as caught:
        found(root, options)
    return caught.value


def test_classes_are_the_sorted_folders(tmp_path: Path) -> None:
    made(tmp_path, b=1, a=1, B=1)
    assert found(tmp_path) == [("B/000", 0), ("a/000", 1), ("b/000", 2)]


def test_unequal_classes_keep_their_shares_from_the_first_on(tmp_path: Path) -> None:
    # Of a's 4 files, number i stands at (i + 1/2) / 4 = 1/8, 3/8, 5/8, 7/8; of b's 2 at 1/4, 3/4.
    made(tmp_path, a=4, b=2)
    assert [name for name, _ in found(tmp_path)] == [
        *("a/000", "b/000", "a/001", "a/002", "b/001", "a/003")
    ]


def test_equal_classes_take_turns(tmp_path: Path) -> None:
    made(tmp_path, a=3, b=3, c=3)
    assert [label for _, label in found(tmp_path)] == [0, 1, 2] * 3


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5))
def test_every_beginning_is_a_fair_sample(sizes: list[int]) -> None:
    members = {
        label: [Path(f"{label}/{index:03}") for index in range(size)]
        for label, size in enumerate(sizes)
    }
    order = interleaved(members)
    assert sorted(path for path, _ in order) == sorted(chain.from_iterable(members.values()))
    for end in range(1, len(order) + 1):
        for label, size in enumerate(sizes):
            held = sum(one == label for _, one in order[:end])
            assert abs(held - size * end / len(order)) <= len(sizes)


def test_hidden_names_and_files_beside_the_folders_do_not_count(tmp_path: Path) -> None:
    made(tmp_path, a=1, **{".git": 1})
    (tmp_path / "README").touch()
    (tmp_path / "a" / ".DS_Store").touch()
    (tmp_path / "a" / "deeper").mkdir()
    assert found(tmp_path) == [("a/000", 0)]


def test_labels_file_gives_the_order_and_may_name_more(tmp_path: Path) -> None:
    made(tmp_path, up=1, down=1)
    (tmp_path / "labels.txt").write_text("silence\n\n up \ndown")
    assert found(tmp_path) == [("up/000", 1), ("down/000", 2)]


def test_labels_file_elsewhere(tmp_path: Path) -> None:
    made(tmp_path / "set", up=1, down=1)
    (tmp_path / "words").write_text("up\ndown\n")
    assert found(tmp_path / "set", f",labels={tmp_path}/words")[0] == ("up/000", 0)


def test_folders_that_are_no_class(tmp_path: Path) -> None:
    made(tmp_path, up=1, bed=1, cat=1)
    (tmp_path / "labels.txt").write_text("unknown\nup\n")
    error = refused(tmp_path)
    assert error.what == f"2 sub-folders of {tmp_path} are not among the classes: bed, cat"
    assert error.where == str(tmp_path / "labels.txt")
    assert error.hint == "Add the names, or write others=skip or others=CLASS."
    assert found(tmp_path, ",others=skip") == [("up/000", 1)]
    # The two count as one class of two files: 1/4 and 3/4, around up's 1/2.
    assert found(tmp_path, ",others=unknown") == [("bed/000", 0), ("up/000", 1), ("cat/000", 0)]


def test_others_that_are_no_class(tmp_path: Path) -> None:
    made(tmp_path, up=1)
    error = refused(tmp_path, ",others=rest")
    assert error.what == "others=rest says nothing where every sub-folder is a class"
    assert error.hint == "Add labels.txt with the classes, or leave the option out."
    (tmp_path / "labels.txt").write_text("up")
    error = refused(tmp_path, ",others=rest")
    assert error.what == "others=rest is no class of labels.txt"
    assert error.hint == "Write others=skip, or a class that is there."


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "names no classes"),
        (b"up\nup\n", "names a class twice"),
        (b"\xff", "cannot be read: 'utf-8' codec"),
    ],
)
def test_labels_files_that_cannot_be(tmp_path: Path, content: bytes, what: str) -> None:
    made(tmp_path, up=1)
    (tmp_path / "labels.txt").write_bytes(content)
    error = refused(tmp_path)
    assert error.what.startswith(what)
    assert error.where == str(tmp_path / "labels.txt")


def test_labels_file_missing(tmp_path: Path) -> None:
    made(tmp_path, up=1)
    error = refused(tmp_path, ",labels=gone.txt")
    assert error.what.startswith("cannot be read: ")
    assert (error.where, error.hint) == ("gone.txt", "Make it a readable UTF-8 text file.")


def test_no_folder_of_any_class(tmp_path: Path) -> None:
    made(tmp_path, up=1)
    (tmp_path / "labels.txt").write_text("down")
    error = refused(tmp_path, ",others=skip")
    assert error.what == "has no sub-folder of any class"
    assert error.hint == "Correct the names of the classes."


def test_folder_missing(tmp_path: Path) -> None:
    error = refused(tmp_path / "gone")
    assert (error.what, error.where) == ("there is no such folder", str(tmp_path / "gone"))
    assert error.hint == f"Correct the path; write {SYNTAX}."


def test_folder_without_folders(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert (error.what, error.where) == ("has no sub-folders", str(tmp_path))
    assert error.hint == "Put the files of each class into a sub-folder of the class's name."


def test_class_without_files(tmp_path: Path) -> None:
    error = refused(made(tmp_path, a=1, b=0))
    assert error.what == "is the folder of a class and has no files"
    assert (error.where, error.hint) == (str(tmp_path / "b"), "Add files, or remove the folder.")


# what follows the colon


def arguments(text: str, most_paths: int = 1) -> BadDataset:
    with pytest.raises(BadDataset) as caught:
        split_arguments(text, SYNTAX, ("resize", "crop"), most_paths)
    assert caught.value.where == f"kind:{text}"
    return caught.value


def test_paths_and_options() -> None:
    found = split_arguments("a=b,resize=x=y,./c=d", SYNTAX, ("resize",), most_paths=2)
    assert (found.paths, found.options) == (("a=b", "./c=d"), {"resize": "x=y"})


def test_options_that_cannot_be() -> None:
    error = arguments("a,resise=x")
    assert error.what == "there is no option 'resise'"
    assert error.hint == "Use 'resize'; there are: crop, resize."
    assert arguments("a,zoom=2").hint == "Use an option there is; there are: crop, resize."
    assert arguments("a,crop=").what == "crop is given no value"
    error = arguments("a,crop=x,crop=y")
    assert (error.what, error.hint) == ("crop is given twice", "Write crop=VALUE once.")


def test_paths_that_cannot_be() -> None:
    assert arguments("").what == "a path is missing"
    assert arguments("a,", most_paths=2).what == "a path is missing"
    error = arguments("a,b")
    assert error.what == "'b' is one path too many"
    assert error.hint == f"Write {SYNTAX}; a path cannot hold a comma."
