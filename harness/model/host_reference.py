"""The answers a network must give: LiteRT on the host, with its reference kernels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.domain.network import Network, Tensor
from harness.errors import BadDataset, BadModel, ToolMissing
from harness.model.edge_values import in_file, numpy_type, on_device
from harness.model.litert_content import accepted_by_litert
from harness.model.on_device import on_device as network_on_device
from harness.model.tflite_file import parse_tflite, read_bytes

PACKAGE = "ai-edge-litert"

ReadForLitert = Callable[[Path], tuple[bytes, Network]]
"""Reads a file: what LiteRT gets of it as a `.tflite`, and the network in that."""


def _tflite(path: Path) -> tuple[bytes, Network]:
    content = read_bytes(path)
    return content, parse_tflite(content, path)


@dataclass(frozen=True)
class _Edge:
    """An input or output: the tensor of the file, that of the device, and its element type."""

    file: Tensor
    device: Tensor
    numpy: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        return self.file.elements * self.numpy.itemsize

    def write(self, interpreter: Any, content: bytes) -> None:
        values = np.frombuffer(content, self.numpy).reshape(self.file.shape)
        interpreter.set_tensor(self.file.index, in_file(values, self.device, self.file))

    def read(self, interpreter: Any) -> NDArray[Any]:
        values: NDArray[Any] = interpreter.get_tensor(self.file.index)
        return on_device(values.ravel(), self.device, self.file)


class HostReference:
    """A model in LiteRT, run by `OpResolverType.BUILTIN_REF` in one thread.

    Not LiteRT's default, XNNPACK: that rounds apart from the kernels on microcontrollers. Inputs
    and outputs are those of the device: where the file has real numbers or uint8 at its edges, they
    are converted (`edge_values`). `mended` says what LiteRT would have refused in the file.

    Args:
        path: a model file.
        expected_sha256: the content the file must have, where it was read before.
        read: how the file is read where it is not a `.tflite`.

    Raises:
        BadModel: the file is damaged, changed, or LiteRT refuses it.
        ToolMissing: LiteRT is not installed.
    """

    def __init__(
        self, path: Path, expected_sha256: str | None = None, read: ReadForLitert = _tflite
    ) -> None:
        self._path = path
        self._content, self._network = read(path)
        self._device = network_on_device(self._network)
        if expected_sha256 not in (None, self._network.source_sha256):
            raise self._bad(
                f"the file changed while it was in use: its sha256 is now "
                f"{self._network.source_sha256}, it was {expected_sha256}",
                "Run again with the file left alone.",
            )
        self._inputs = self._edges(self._network.inputs, self._device.inputs)
        self._outputs = self._edges(self._network.outputs, self._device.outputs)
        self._accepted, self.mended = accepted_by_litert(self._content)
        self._interpreter = self._open(preserve_all=False)

    @property
    def version(self) -> str:
        """The version of LiteRT."""
        return litert_version()

    def outputs(
        self,
        inputs: NDArray[np.generic],
        cancelled: threading.Event | None = None,
        *,
        sequence: bool = False,
    ) -> NDArray[np.generic]:
        """Return the quantised outputs, shape (n, elements of all output tensors).

        Args:
            inputs: shape (n, ...), the element type and as many elements as the input tensor; of
                several, the bytes of all, one behind the other.
            cancelled: when set, stops after the inference under way and returns what there is.
            sequence: variables keep their values from one input to the next.

        Raises:
            BadDataset: inputs of another type or size.
            BadModel: LiteRT fails.
        """
        self._check(inputs)
        answers = np.empty(
            (len(inputs), sum(edge.file.elements for edge in self._outputs)),
            np.result_type(*(edge.numpy for edge in self._outputs)),
        )
        self._reset(self._interpreter)
        for i, value in enumerate(inputs):
            if i and not sequence:
                self._reset(self._interpreter)
            if cancelled is not None and cancelled.is_set():
                return answers[:i]
            self._invoke(self._interpreter, value)
            answers[i] = np.concatenate([edge.read(self._interpreter) for edge in self._outputs])
        return answers

    def tensors(self, value: NDArray[np.generic]) -> dict[int, NDArray[np.generic]]:
        """Return every activation that one input gives, by tensor index, as the device has it.

        Raises:
            BadDataset: an input of another type or size.
            BadModel: LiteRT fails.
        """
        self._check(value[np.newaxis])
        interpreter = self._open(preserve_all=True)
        self._invoke(interpreter, value)
        written = {index for operator in self._device.operators for index in operator.outputs}
        file, device = self._network.tensors, self._device.tensors
        try:
            return {
                index: on_device(
                    np.array(interpreter.get_tensor(index)), device[index], file[index]
                )
                for index in sorted(written.union(self._device.inputs))
            }
        except (RuntimeError, ValueError) as error:
            raise self._refused(error) from error

    def _check(self, inputs: NDArray[np.generic]) -> None:
        each = int(np.prod(inputs.shape[1:]))
        first, *others = self._inputs
        wanted, elements = first.numpy, first.file.elements
        if others:  # of any types: their bytes
            each *= inputs.dtype.itemsize
            wanted = inputs.dtype
            elements = sum(edge.nbytes for edge in self._inputs)
        if inputs.dtype != wanted or each != elements:
            raise BadDataset(
                f"inputs are {inputs.dtype} with {each} elements, the model takes "
                f"{wanted} with {elements}",
                where=str(self._path),
                hint="Give inputs in the type and size of the model's input tensor.",
            )

    def _edges(self, file: Sequence[int], device: Sequence[int]) -> tuple[_Edge, ...]:
        return tuple(
            _Edge(
                self._network.tensors[outer],
                self._device.tensors[inner],
                numpy_type(self._device.tensors[inner], str(self._path)),
            )
            for outer, inner in zip(file, device, strict=True)
        )

    def _invoke(self, interpreter: Any, value: NDArray[np.generic]) -> None:
        content, at = np.ascontiguousarray(value).tobytes(), 0
        try:
            for edge in self._inputs:
                edge.write(interpreter, content[at : at + edge.nbytes])
                at += edge.nbytes
            interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise self._refused(error) from error

    def _reset(self, interpreter: Any) -> None:
        if any(tensor.variable for tensor in self._network.tensors):
            interpreter.reset_all_variables()

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
                model_content=self._accepted,
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
