"""Kernel sets, build variants, ports and models: found by file name, in every tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalog import (
    build_variant,
    build_variants,
    firmware_root,
    kernel_set,
    kernel_sets,
    models,
    port_directory,
    resolve_model,
)
from harness.errors import BadDefinition, DuplicateName, UnknownName


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty tree on HARNESS_PATH."""
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path))
    return tmp_path


def add_set(tree: Path, name: str, *lines: str) -> Path:
    folder = tree / "firmware" / "kernels" / name
    folder.mkdir(parents=True)
    (folder / "kernels.toml").write_text("\n".join([f'id = "{name}"', 'title = "T"', *lines]))
    return folder


def add_file(tree: Path, below: str, name: str, text: str) -> Path:
    path = tree / below / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_set_looks_into_its_own_folder_first(tree: Path) -> None:
    base = add_set(tree, "base", 'library = "cmsis-nn"')
    faster = add_set(tree, "faster", 'extends = "base"')
    fastest = add_set(tree, "fastest", 'extends = "faster"')
    found = kernel_set("fastest")
    assert found.directories == (fastest, faster, base)
    assert found.library == "cmsis-nn"
    assert kernel_set("base").directories == (base,)


def test_the_nearest_library_of_a_chain_counts(tree: Path) -> None:
    add_set(tree, "base", 'library = "first"')
    add_set(tree, "other", 'extends = "base"', 'library = "second"')
    assert kernel_set("other").library == "second"


def test_a_set_may_extend_a_shipped_one(tree: Path) -> None:
    mine = add_set(tree, "mine", 'extends = "reference"')
    assert kernel_set("mine").directories == (mine, firmware_root() / "kernels" / "reference")
    assert {"mine", "reference", "cmsis-nn"} <= set(kernel_sets())


def test_what_a_set_needs_and_hides_is_handed_down(tree: Path) -> None:
    add_set(tree, "plain")
    add_set(
        *(tree, "base", 'extends = "plain"', 'library = "cmsis-nn"', "default = true"),
        *('undefines = ["A"]', 'requires = { X = "x" }', 'exempt = { PAD = "first" }'),
    )
    add_set(
        *(tree, "more", 'extends = "base"', 'undefines = ["B", "A"]'),
        *('requires = { Y = "y" }', 'exempt = { PAD = "second" }'),
    )
    more = kernel_set("more")
    assert more.undefines == ("B", "A")
    assert more.requires == {"X": "x", "Y": "y"}
    assert more.exempt == {"PAD": "second"}
    assert not more.default
    assert kernel_set("base").default


def test_operators_below_the_library_are_fallbacks(tree: Path) -> None:
    add_set(tree, "mine", 'extends = "cmsis-nn"')
    mine = kernel_set("mine")
    assert mine.fallbacks == ("reference",)
    assert mine.is_fallback("SOFTMAX", "reference")
    assert not mine.is_fallback("SOFTMAX", "cmsis-nn")
    assert not mine.is_fallback("SOFTMAX", "mine")
    assert not mine.is_fallback("RESHAPE", "reference")
    assert "computes nothing" in mine.exempt["RESHAPE"]
    assert not kernel_set("reference").is_fallback("SOFTMAX", "reference")


def test_shipped_sets_differ_in_what_they_hide_and_need() -> None:
    dsp, mve = "__ARM_FEATURE_DSP", "__ARM_FEATURE_MVE"
    facts = {
        name: (found.undefines, tuple(found.requires))
        for name, found in kernel_sets().items()
        if found.library == "cmsis-nn"
    }
    assert facts == {
        "cmsis-nn": ((), ()),
        "cmsis-nn-scalar": ((dsp, mve), ()),
        "cmsis-nn-dsp": ((mve,), (dsp,)),
        "cmsis-nn-mve": ((), (mve,)),
    }


def test_a_macro_that_is_none(tree: Path) -> None:
    add_set(tree, "mine", 'undefines = ["-DX"]')
    with pytest.raises(BadDefinition, match=r"undefines\.0: String should match pattern"):
        kernel_set("mine")


def test_extends_in_a_circle(tree: Path) -> None:
    add_set(tree, "a", 'extends = "b"')
    add_set(tree, "b", 'extends = "c"')
    add_set(tree, "c", 'extends = "b"')
    with pytest.raises(BadDefinition, match="extends: runs in a circle: a -> b -> c -> b"):
        kernel_set("a")


def test_extends_a_set_that_is_not_there(tree: Path) -> None:
    add_set(tree, "a", 'extends = "referense"')
    with pytest.raises(BadDefinition, match="extends: there is no kernel set 'referense'; there"):
        kernel_sets()


def test_unknown_kernel_set_offers_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        kernel_set("cmsisnn")
    assert caught.value.what == "there is no kernel set 'cmsisnn'"
    assert caught.value.hint.startswith("Use 'cmsis-nn'; there are: cmsis-nn,")


def test_a_set_is_named_for_its_folder(tree: Path) -> None:
    folder = add_set(tree, "mine")
    folder.rename(folder.with_name("renamed"))
    with pytest.raises(BadDefinition, match="id: is 'mine', but the file is named for 'renamed'"):
        kernel_sets()


def test_a_second_set_of_a_shipped_name(tree: Path) -> None:
    add_set(tree, "reference")
    with pytest.raises(DuplicateName, match="kernel set 'reference' is defined twice"):
        kernel_sets()


def test_shipped_variant_that_rounds_once() -> None:
    variant = build_variant("single-rounding")
    assert variant.file_defines == {"arm_nn_vec_mat_mult_t_s8.c": ("CMSIS_NN_USE_SINGLE_ROUNDING",)}
    assert variant.optimisation == build_variant("O2").optimisation == "-O2"


def test_shipped_variant_without_caches() -> None:
    assert build_variant("nocache").defines == {"HARNESS_CACHES": "0"}
    assert build_variant("O2").defines == {}


def test_a_variant_is_one_file(tree: Path) -> None:
    add_file(tree, "firmware/builds", "O1.toml", 'id = "O1"\ntitle = "-O1"\noptimisation = "-O1"\n')
    assert build_variant("O1").optimisation == "-O1"
    assert "O1" in build_variants()


@pytest.mark.parametrize("name", ["O2", "O3", "Os", "Ofast"])
def test_shipped_optimisations_are_named_for_their_flag(name: str) -> None:
    assert build_variant(name).optimisation == f"-{name}"


def test_an_optimisation_the_compiler_does_not_know(tree: Path) -> None:
    add_file(tree, "firmware/builds", "x.toml", 'id = "x"\ntitle = "x"\noptimisation = "--fast"\n')
    with pytest.raises(BadDefinition, match="optimisation: String should match pattern"):
        build_variant("x")


def test_a_second_compiler() -> None:
    variant = build_variant("clang")
    assert (variant.compiler, variant.optimisation) == ("clang", "-O2")
    assert build_variant("O2").compiler == ""


def test_a_compiler_without_a_toolchain_file(tree: Path) -> None:
    text = 'id = "x"\ntitle = "x"\noptimisation = "-O2"\ncompiler = "tcc"\n'
    add_file(tree, "firmware/builds", "x.toml", text)
    with pytest.raises(BadDefinition, match=r"compiler: there is no firmware/cmake/tcc\.cmake"):
        build_variant("x")


def test_unknown_variant() -> None:
    with pytest.raises(UnknownName, match="there is no build variant 'o2'") as caught:
        build_variant("o2")
    assert caught.value.hint.startswith("Use 'O2'")


def test_a_port_of_the_users_own(tree: Path) -> None:
    folder = tree / "firmware" / "ports" / "desk"
    folder.mkdir(parents=True)
    assert port_directory("desk") == folder


def test_unknown_port(tree: Path) -> None:
    (tree / "firmware" / "ports" / "desk").mkdir(parents=True)
    with pytest.raises(UnknownName, match="there is no port 'dusk'") as caught:
        port_directory("dusk")
    assert caught.value.hint.startswith("Use 'desk'")


def test_a_model_of_the_users_own(tree: Path) -> None:
    file = add_file(tree, "models", "net.tflite", "")
    add_file(tree, "models", "net.toml", 'id = "net"\ntitle = "A net"\ndataset = "digits"\n')
    found = resolve_model("net")
    assert (found.name, found.path, found.dataset, found.title) == ("net", file, "digits", "A net")
    assert models()["net"] == found
    assert found.demo


def test_a_model_may_stay_out_of_the_demonstration(tree: Path) -> None:
    add_file(tree, "models", "net.tflite", "")
    add_file(tree, "models", "net.toml", 'id = "net"\ntitle = "A net"\ndemo = false\n')
    assert not resolve_model("net").demo


def test_a_definition_without_its_model(tree: Path) -> None:
    add_file(tree, "models", "net.toml", 'id = "net"\ntitle = "A net"\n')
    with pytest.raises(BadDefinition, match=r"there is no model file beside it \(such as net\.tfl"):
        resolve_model("net")


@pytest.mark.parametrize("suffix", [".onnx", ".network", ".caffemodel.h5"])
def test_a_model_of_any_kind(tree: Path, suffix: str) -> None:
    add_file(tree, "models", "net.toml", 'id = "net"\ntitle = "A net"\n')
    add_file(tree, "models", "net.v2.toml", 'id = "net.v2"\ntitle = "Another"\n')
    file, other = (add_file(tree, "models", f"{stem}{suffix}", "") for stem in ("net", "net.v2"))
    assert resolve_model("net").path == file
    assert resolve_model("net.v2").path == other


def test_a_definition_beside_two_models_names_one(tree: Path) -> None:
    definition = add_file(tree, "models", "net.toml", 'id = "net"\ntitle = "A net"\n')
    file, _ = (add_file(tree, "models", name, "") for name in ("net.onnx", "net.tflite"))
    with pytest.raises(BadDefinition) as caught:
        resolve_model("net")
    assert caught.value.what == ("file: missing, and several could be meant: net.onnx, net.tflite")
    definition.write_text('id = "net"\ntitle = "A net"\nfile = "net.onnx"\n')
    assert resolve_model("net").path == file
    definition.write_text('id = "net"\ntitle = "A net"\nfile = "other.onnx"\n')
    with pytest.raises(BadDefinition, match=r"file: there is no other\.onnx beside it"):
        resolve_model("net")


def test_a_model_by_path(tmp_path: Path) -> None:
    file = add_file(tmp_path, ".", "kws.v2.tflite", "")
    found = resolve_model(str(file))
    assert (found.name, found.path, found.dataset) == ("kws.v2", file.resolve(), None)


@pytest.mark.parametrize("path", ["gone.tflite", "some/where/gone"])
def test_a_path_without_a_file(path: str) -> None:
    with pytest.raises(UnknownName) as caught:
        resolve_model(path)
    assert str(caught.value) == (
        f"{path}: there is no model file at this path\n"
        "  -> Correct the path, or name a bundled model (`harness models`)."
    )


def test_unknown_model_offers_the_nearest(tree: Path) -> None:
    add_file(tree, "models", "net.toml", "")
    with pytest.raises(UnknownName) as caught:
        resolve_model("nett")
    assert caught.value.what == "there is no model 'nett'"
    assert caught.value.hint.startswith("Use 'net'")
