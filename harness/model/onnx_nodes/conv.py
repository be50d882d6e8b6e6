"""Conv over one or two axes, plain or depthwise: filters [out, in / group, (h,) w]."""

from __future__ import annotations

from harness.model.onnx_use import NodeUse
from harness.model.onnx_weighted import bias_tensor, optional_bias, weight_tensor
from harness.model.onnx_window import fitted, window_of

KIND = "Conv"


def convert(use: NodeUse) -> None:
    """CONV_2D, or DEPTHWISE_CONV_2D where each group has one channel."""
    x = use.image()
    codes, quantization = use.weights(1, "filters")
    if codes.ndim == 3:
        codes = codes[:, :, None, :]
    if codes.ndim != 4:
        raise use.refused(
            f"filters have {codes.ndim} dimensions", "Build the model of 2D convolutions."
        )
    outputs, taken, *kernel = codes.shape
    groups, channels = int(use.option("group", 1)), x.shape[3]
    depthwise = groups == channels and taken == 1 and groups > 1
    if groups != 1 and not depthwise:
        raise use.refused(
            f"{channels} channels are taken in {groups} groups; 1 and {channels} are supported",
            "Build the model without groups, or of depthwise convolutions.",
        )
    rank = len(use.shape())
    window = window_of(use, x, tuple(kernel)[4 - rank :])
    shape = (1, 1, *use.shape()[2:])[-2:]
    image, padding = fitted(use, x, window, shape)
    order = (1, 2, 3, 0) if depthwise else (0, 2, 3, 1)
    filters, kept = weight_tensor(use, codes, quantization, order)
    bias = bias_tensor(use, optional_bias(use, 2), x.quantization, kept, outputs)
    use.write_image(
        "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
        [image.index, filters, bias],
        fuses=True,
        padding=padding,
        dilation_h_factor=window.dilations[0],
        dilation_w_factor=window.dilations[1],
        **window.options,
        **({"depth_multiplier": outputs // channels} if depthwise else {}),
    )
