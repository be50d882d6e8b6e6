"""How fast the link to a target or a port is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.assembly.plans import plan
from harness.assembly.rigs import rig

# The rest is imported where it is used: shell completion must not wait for pandas or pyOCD.
if TYPE_CHECKING:
    from harness.domain.link_speed import LinkSpeed

KERNELS = "reference"
MODEL = "mlp-digits"


def port_speed(port: str, baud_rate: int) -> LinkSpeed:
    """Measure the link to whatever firmware of ours is behind `port`, as it is.

    Raises:
        PortBusy: the port cannot be opened.
        LinkError: nobody answers, or somebody else.
    """
    from harness.link import DeviceClient, open_port

    with open_port(port, baud_rate) as opened:
        return DeviceClient(opened).speed(None if "://" in port else baud_rate)


def target_speed(
    target: str,
    *,
    rig_file: Path | None = None,
    wait_board_s: float = 0.0,
    tell: Callable[[str], None] = lambda text: None,
) -> LinkSpeed:
    """Bring `target` up with the kernel set KERNELS and the model MODEL, and measure its link
    at the rate that both agree on.

    Raises:
        ConfigError, BuildError: before anything is started.
        RigError, LinkError, DeviceError: it does not come up, or does not answer.
    """
    from harness.bench.bring_up import bring_up
    from harness.bench.link_rate import measured_speed
    from harness.bench.prepare import prepare
    from harness.bench.work_dir import work_dir

    own_rig = rig(rig_file, wait_board_s)
    cases = plan(targets=[target], kernel_sets=[KERNELS], models=[MODEL], limit=1)
    (prepared,) = prepare(cases, own_rig.load_dataset)
    board = prepared.case.target
    firmware = own_rig.build(board, prepared.case.kernel_set, prepared.case.variant, tell)
    with (
        work_dir() as folder,
        bring_up(
            board,
            firmware,
            prepared.network,
            own_rig,
            folder,
            lambda stage: tell(stage.value),
            lambda phase, fraction: None,
        ) as device,
    ):
        return measured_speed(device, board, own_rig.deadlines)
