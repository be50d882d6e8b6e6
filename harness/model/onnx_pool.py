"""What MaxPool and AveragePool have in common."""

from __future__ import annotations

from harness.model.onnx_use import NodeUse
from harness.model.onnx_window import fitted, window_of


def pool(use: NodeUse, operator: str, code: int | None) -> None:
    """A pool, at the scale of its input; `code` pads, None stands for zeros that count.

    Raises:
        UnsupportedOperator: dilations, indices as a second output, or a mean without its padding
            that TensorFlow Lite cannot express.
    """
    x = use.image()
    if len(use.node.outputs) > 1 and use.node.outputs[1]:
        raise use.refused("its indices are an output", "Build the model without them.")
    window = window_of(use, x, tuple(int(size) for size in use.option("kernel_shape", ())))
    if window.dilations != (1, 1):
        raise use.refused("it has dilations", "Build the model without them.")
    shape = (1, 1, *use.shape()[2:])[-2:]
    image, padding = fitted(use, x, window, shape, code)
    if code is None:
        counted = bool(use.option("count_include_pad", 0))
        padded = window.pads != ((0, 0), (0, 0))
        if padded and counted and padding == "SAME":
            image = use.device.padded(x, [(0, 0), *window.pads, (0, 0)])
            padding = "VALID"
        elif padded and not counted and padding != "SAME":
            raise use.refused(
                f"means leave out the padding {list(window.pads)}, which is not that of SAME",
                "Build the model without padding there, or with count_include_pad 1.",
            )
    use.write_image(
        operator,
        [image.index],
        own=x.quantization,
        padding=padding,
        filter_height=window.filter[0],
        filter_width=window.filter[1],
        **window.options,
    )
