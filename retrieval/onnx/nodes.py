"""The nodes of an ONNX graph, written one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT
INT32, INT64 = TensorProto.INT32, TensorProto.INT64
FUSED = "com.microsoft"  # where onnxruntime keeps operators of its own
_ONNX = 23  # the set of operators that has attention as one
_FORMAT = 11  # of the file, as that set came with it
_WHOLE = TensorProto.INT32


class Nodes:
    """A graph in the making; values are spoken of by their names."""

    def __init__(self, prefix: str = "") -> None:
        """Names begin with `prefix`: a graph within another must not use the other's."""
        self._prefix = prefix
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def constant(self, value: npt.ArrayLike) -> str:
        """The name of a value that is part of the graph."""
        name = f"{self._prefix}c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind: str, *given: str, **how: Any) -> str:
        """The name of what an operator makes of the given values."""
        return self.split(kind, *given, parts=1, **how)[0]

    def split(self, kind: str, *given: str, parts: int, **how: Any) -> list[str]:
        """The names of the values that an operator makes of the given ones."""
        names = [f"{self._prefix}v{len(self._nodes)}.{part}" for part in range(parts)]
        self._nodes.append(helper.make_node(kind, list(given), names, **how))
        return names

    def model(self, inputs: tuple[str, ...], output: str) -> ModelProto:
        """All of it: from `inputs`, whole numbers of a row a text, to `output`, vectors for each of them."""
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info(name, _WHOLE, ["texts", "tokens"]) for name in inputs],
            [helper.make_tensor_value_info(output, FLOAT, ["texts", "tokens", "width"])],
            self._constants,
        )
        return _model(graph)

    def looped(self, inputs: Mapping[str, int], counted: str, number: str, output: str) -> ModelProto:
        """All of it again and again: from `inputs` by their types, rows of any length, to a row each time.

        `counted` is the input that has one value more than there are times, `number` stands for the number
        of the time, from 0 on, `output` for its row.
        """
        scalar: list[int] = []
        going, goes_on = "going", "goes on"
        body = helper.make_graph(
            [*self._nodes, helper.make_node("Identity", [going], [goes_on])],
            "one",
            [
                helper.make_tensor_value_info(number, TensorProto.INT64, scalar),
                helper.make_tensor_value_info(going, TensorProto.BOOL, scalar),
            ],
            [
                helper.make_tensor_value_info(goes_on, TensorProto.BOOL, scalar),
                helper.make_tensor_value_info(output, FLOAT, ["width"]),
            ],
        )
        outer = Nodes("outer ")
        times = outer.add("Sub", outer.add("Size", counted), outer.constant(np.array(1)))
        rows = outer.add("Loop", times, "", body=body)
        graph = helper.make_graph(
            outer._nodes,
            "loop",
            [helper.make_tensor_value_info(name, kind, [name]) for name, kind in inputs.items()],
            [helper.make_tensor_value_info(rows, FLOAT, ["times", "width"])],
            [*self._constants, *outer._constants],
        )
        return _model(graph)


def _model(graph: GraphProto) -> ModelProto:
    sets = [helper.make_opsetid("", _ONNX), helper.make_opsetid(FUSED, 1)]
    return helper.make_model(graph, opset_imports=sets, ir_version=_FORMAT)
