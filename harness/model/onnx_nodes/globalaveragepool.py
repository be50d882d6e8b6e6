"""GlobalAveragePool: the mean of each channel."""

from __future__ import annotations

from harness.model.onnx_use import NodeUse

KIND = "GlobalAveragePool"


def convert(use: NodeUse) -> None:
    """AVERAGE_POOL_2D with a window as large as the image, for which libraries have kernels."""
    x = use.image()
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
