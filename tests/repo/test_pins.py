"""The pinned packages are what the project asks for, hashed, and free to use with its licence."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

import pytest
from checkout import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["setup"]
TEST = RUN + PROJECT["project"]["optional-dependencies"]["test"]
FILES = {"requirements.txt": RUN, "requirements-test.txt": TEST}

# Licences under which a package may be used from Apache-2.0 code. MPL-2.0 is file by file.
COMPATIBLE = {
    *("0bsd", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "isc", "mit", "mit-0"),
    *("mit-cmu", "mpl-2.0", "psf-2.0", "zlib"),
    # The words of packages that do not use SPDX names:
    *("3-clause bsd license", "apache 2.0", "apache license 2.0", "apache software license"),
    *("bsd", "bsd license", "isc license (iscl)", "mit license", "public domain"),
    *("mozilla public license 2.0 (mpl 2.0)", "python software foundation license"),
}
# Under its own name the LGPL is no obstacle where a package is imported as it is and a user may do
# without: only for extras, never for what everybody installs.
COMPATIBLE_EXTRAS = {"lgpl-3.0-only"}


def pins(name: str) -> dict[str, list[Requirement]]:
    """The pins of a file by package; a package may have one per Python version."""
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            pin = Requirement(line.rstrip(" \\"))
            found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def licences(package: PackageMetadata) -> set[str]:
    """What a package says of its licence, in lower case: SPDX, else classifiers, else a line."""
    if expression := package.get("License-Expression"):
        return {word.strip("() ").lower() for word in re.split(r" AND | OR ", expression)}
    classifiers = [c for c in package.get_all("Classifier") or [] if c.startswith("License ::")]
    if classifiers:
        return {c.rsplit("::", 1)[-1].strip().lower() for c in classifiers}
    return {word.strip().lower() for word in (package.get("License") or "").split(" AND ")}


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_pinned_within_its_range(name: str) -> None:
    pinned = pins(name)
    for wanted in map(Requirement, FILES[name]):
        for pin in pinned[canonicalize_name(wanted.name)]:
            (exact,) = pin.specifier
            assert exact.operator == "=="
            assert wanted.specifier.contains(exact.version), f"{pin} is outside {wanted}"


@pytest.mark.parametrize("name", FILES)
def test_every_pin_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"(?m)^(?=[a-z])", text)[1:]
    assert len(blocks) == sum(map(len, pins(name).values()))
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def test_tests_run_with_the_versions_that_users_get() -> None:
    run, test = pins("requirements.txt"), pins("requirements-test.txt")
    assert {name: test[name] for name in run} == run


@pytest.mark.parametrize("name", sorted(pins("requirements-test.txt")))
def test_licence_is_compatible(name: str) -> None:
    try:
        package = metadata(name)
    except PackageNotFoundError:
        pytest.skip("not for this platform")
    extra = name not in pins("requirements.txt")
    assert licences(package) <= (COMPATIBLE | COMPATIBLE_EXTRAS if extra else COMPATIBLE)
    assert licences(package)
