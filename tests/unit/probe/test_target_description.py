"""Register numbers from a server's target description, in the shape QEMU gives it."""

import pytest

from harness.probe.faults import ServerGone
from harness.probe.registers import Register, read_description

TARGET = b"""<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd">
<target><architecture>arm</architecture><xi:include href="arm-m-profile.xml"/>
<xi:include href="arm-vfp.xml"/></target>"""
PROFILE = b"""<?xml version="1.0"?><!DOCTYPE feature SYSTEM "gdb-target.dtd">
<feature name="org.gnu.gdb.arm.m-profile">
  <reg name="r0" bitsize="32"/><reg name="sp" bitsize="32"/><reg name="pc" bitsize="32"/>
  <reg name="xpsr" bitsize="32" regnum="25"/>
</feature>"""
FLOAT = b"""<feature name="org.gnu.gdb.arm.vfp"><reg name="d0" bitsize="64"/>
  <reg name="FPSCR" bitsize="32"/></feature>"""


def test_numbers_go_on_from_file_to_file() -> None:
    files = {"target.xml": TARGET, "arm-m-profile.xml": PROFILE, "arm-vfp.xml": FLOAT}
    assert read_description(files.__getitem__) == {
        "r0": Register(0, 4),
        "sp": Register(1, 4),
        "pc": Register(2, 4),
        "xpsr": Register(25, 4),
        "d0": Register(26, 8),
        "fpscr": Register(27, 4),
    }


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"<target>", "is not XML"),
        (b"<target/>", "has no register pc"),
        (b'<target><reg name="pc" bitsize="wide"/></target>', "has a bad bitsize"),
    ],
)
def test_a_description_that_is_none(document: bytes, message: str) -> None:
    with pytest.raises(ServerGone, match=message):
        read_description(lambda annex: document)
