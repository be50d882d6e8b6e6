"""The answers a network must give: LiteRT on the host, with its reference kernels."""

from __future__ import annotations

import threading
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Tensor
from harness.errors import BadDataset, BadModel, ToolMissing
from harness.model.litert_content import accepted_by_litert
from harness.model.operator_use import describe
from harness.model.tflite_file import parse_tflite, read_bytes

PACKAGE = "ai-edge-litert"


class HostReference:
    """A model in LiteRT, run by `OpResolverType.BUILTIN_REF` in one thread.

    Not LiteRT's default, XNNPACK: that rounds apart from the kernels on microcontrollers.

    Args:
        path: a `.tflite` file with one input and one output.
        expected_sha256: the content the file must have, where it was read before.

    Raises:
        BadModel: the file is damaged, changed, or LiteRT refuses it.
        ToolMissing: LiteRT is not installed.
    """

    def __init__(self, path: Path, expected_sha256: str | None = None) -> None:
        self._path = path
        self._content = read_bytes(path)
        self._network = parse_tflite(self._content, path)
        if expected_sha256 not in (None, self._network.source_sha256):
            raise self._bad(
                f"the file changed while it was in use: its sha256 is now "
                f"{self._network.source_sha256}, it was {expected_sha256}",
                "Run again with the file left alone.",
            )
        if (len(self._network.inputs), len(self._network.outputs)) != (1, 1):
            raise self._bad(
                f"the model has {len(self._network.inputs)} inputs and "
                f"{len(self._network.outputs)} outputs; the host reference takes one of each",
                "Export a model with one input and one output tensor.",
            )
        self._input = self._network.tensors[self._network.inputs[0]]
        self._output = self._network.tensors[self._network.outputs[0]]
        self._input_dtype, self._output_dtype = map(self._numpy, (self._input, self._output))
        self._interpreter = self._open(preserve_all=False)

    @property
    def version(self) -> str:
        """The version of LiteRT."""
        return litert_version()

    def outputs(
        self, inputs: NDArray[np.generic], cancelled: threading.Event | None = None
    ) -> NDArray[np.generic]:
        """Return the quantised outputs, shape (n, elements of the output tensor).

        Args:
            inputs: shape (n, ...), the element type and as many elements as the input tensor.
            cancelled: when set, stops after the inference under way and returns what there is.

        Raises:
            BadDataset: inputs of another type or size.
            BadModel: LiteRT fails.
        """
        self._check(inputs)
        answers = np.empty((len(inputs), self._output.elements), self._output_dtype)
        for i, value in enumerate(inputs):
            if cancelled is not None and cancelled.is_set():
                return answers[:i]
            answers[i] = self._invoke(self._interpreter, value).ravel()
        return answers

    def tensors(self, value: NDArray[np.generic]) -> dict[int, NDArray[np.generic]]:
        """Return every activation that one input gives, by tensor index.

        Raises:
            BadDataset: an input of another type or size.
            BadModel: LiteRT fails.
        """
        self._check(value[np.newaxis])
        interpreter = self._open(preserve_all=True)
        self._invoke(interpreter, value)
        written = {index for operator in self._network.operators for index in operator.outputs}
        try:
            return {
                index: np.array(interpreter.get_tensor(index))
                for index in sorted(written | {self._input.index})
            }
        except (RuntimeError, ValueError) as error:
            raise self._refused(error) from error

    def _check(self, inputs: NDArray[np.generic]) -> None:
        each = int(np.prod(inputs.shape[1:]))
        if inputs.dtype != self._input_dtype or each != self._input.elements:
            raise BadDataset(
                f"inputs are {inputs.dtype} with {each} elements, the model takes "
                f"{self._input_dtype} with {self._input.elements}",
                where=str(self._path),
                hint="Give inputs in the type and size of the model's input tensor.",
            )

    def _numpy(self, tensor: Tensor) -> np.dtype[Any]:
        if not tensor.dtype.itemsize:
            raise self._bad(
                f"{describe(tensor)} has elements that numpy cannot hold",
                "Export a model with int8 input and output.",
            )
        return np.dtype(tensor.dtype.name.lower())

    def _invoke(self, interpreter: Any, value: NDArray[np.generic]) -> NDArray[np.generic]:
        try:
            interpreter.set_tensor(self._input.index, value.reshape(self._input.shape))
            interpreter.invoke()
            answer: NDArray[np.generic] = interpreter.get_tensor(self._output.index)
        except (RuntimeError, ValueError) as error:
            raise self._refused(error) from error
        return answer

    def _open(self, *, preserve_all: bool) -> Any:
        try:
            # Not above: LiteRT takes longer to load than `harness --help` may.
            from ai_edge_litert.interpreter import (  # type: ignore[import-untyped]
                Interpreter,
                OpResolverType,
            )
        except ImportError as error:
            raise ToolMissing(
                f"LiteRT cannot be loaded: {error}",
                where="the host reference",
                hint=f"Install it with `pip install {PACKAGE}`.",
            ) from error
        try:
            interpreter = Interpreter(
                model_content=accepted_by_litert(self._content),
                num_threads=1,
                experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                experimental_preserve_all_tensors=preserve_all,
            )
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise self._refused(error) from error
        return interpreter

    def _refused(self, error: Exception) -> BadModel:
        reason = " ".join(str(error).split())
        return self._bad(f"LiteRT {self.version} refuses the model: {reason}", "Convert it again.")

    def _bad(self, what: str, hint: str) -> BadModel:
        return BadModel(what, where=str(self._path), hint=hint)


def litert_version() -> str:
    """The version of LiteRT, or "missing" where it is not installed."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return "missing"
