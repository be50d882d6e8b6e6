"""The writer of `.tflite` files under the name that tests know it by."""

from harness.model.tflite_writer import ABSENT, TfliteModel

__all__ = ["ABSENT", "TfliteModel"]
