"""ONNX operators to TensorFlow Lite's: a file here has KIND, ONNX's name, and convert(use)."""
