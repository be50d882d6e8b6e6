"""GlobalAveragePool: the mean of each channel."""

from __future__ import annotations

from harness.model.onnx_device import alike
from harness.model.onnx_use import NodeUse

KIND = "GlobalAveragePool"


def convert(use: NodeUse) -> None:
    """AVERAGE_POOL_2D over the whole image, for which libraries have kernels, else MEAN.

    Means vary less than pixels, so their scale is mostly smaller: MEAN rounds once, to it.
    """
    x = use.image()
    wanted = use.conversion.destination(use.node.outputs[0], fuses=False).quantization
    if wanted is not None and not alike(wanted, x.quantization):
        use.write_image("MEAN", [x.index, use.device.integers([1, 2])], keep_dims=True)
        return
    use.write_image(
        "AVERAGE_POOL_2D",
        [x.index],
        own=x.quantization,
        padding="VALID",
        filter_height=x.shape[1],
        filter_width=x.shape[2],
        stride_h=1,
        stride_w=1,
    )
