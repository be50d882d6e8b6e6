"""From a model file to the image a device runs, and to the outputs it must give."""

from harness.model.compile import compile_image
from harness.model.cost import OperatorCost, operator_costs
from harness.model.decode import DecodedImage, decode_image
from harness.model.front_ends import read_model
from harness.model.host_reference import HostReference
from harness.model.on_device import on_device, read_network
from harness.model.reference_cache import PendingReference, start_reference
from harness.model.tflite_file import read_tflite

__all__ = [
    "DecodedImage",
    "HostReference",
    "OperatorCost",
    "PendingReference",
    "compile_image",
    "decode_image",
    "on_device",
    "operator_costs",
    "read_model",
    "read_network",
    "read_tflite",
    "start_reference",
]
