"""Products with a matrix of weights: exact, or in 8 bits.

In 8 bits each row of weights has a scale and so has each token, so that what becomes of a text depends on
no other text and of a token on no other token. What is far larger than the rest would make a scale too coarse
for all others: the few inputs of which that is known are left out, and added exactly (as in LLM.int8() of
Dettmers et al. 2022). All in unsigned times signed bytes, which processors have instructions for. Those of
x86 without VNNI cut off sums of two products that need more than 16 bits, as one in 14,000 does here: there
the vectors of passages come to a cosine of 0.999 with the exact ones, elsewhere to 0.9997.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from retrieval.onnx.nodes import FUSED, Nodes

Array = npt.NDArray[np.float32]

_SIGNED = np.float32(127)  # the most of a byte with a sign
_WHOLE = np.float32(255)  # and of one without
_ZERO = np.uint8(128)  # the byte without a sign that stands for 0
_TINY = np.finfo(np.float32).tiny  # for a row without weights
_LAST = np.array([-1])
_LOWEST = np.float32(0.17)  # GELU gives nothing under -0.17


def exact(nodes: Nodes, given: str, weights: Array, bias: Array) -> str:
    """`given` times `weights`, of a row an output, with `bias` added."""
    return nodes.add("Add", nodes.add("MatMul", given, nodes.constant(weights.T)), nodes.constant(bias))


def coarse(
    nodes: Nodes, given: str, weights: Array, bias: Array, loud: Sequence[int] = (), is_gelu: bool = False
) -> str:
    """As `exact`, in 8 bits but for the inputs that are `loud`; a GELU's output needs no sign."""
    alone = weights[:, loud]
    quiet = np.ones(weights.shape[1], np.float32)
    quiet[list(loud)] = 0
    scales = np.maximum(np.abs(weights * quiet).max(axis=1) / _SIGNED, _TINY)
    bytes_ = np.round(weights * quiet / scales[:, None]).astype(np.int8)
    rest = nodes.add("Mul", given, nodes.constant(quiet)) if loud else given
    if is_gelu:
        bias = bias - _LOWEST * (bytes_ * scales[:, None]).sum(axis=1)
        whole, scale, zero = _unsigned(nodes, rest)
    else:
        whole, scale, zero = _signed(nodes, rest)
    held = nodes.constant(bytes_.T), nodes.constant(np.float32(1)), nodes.constant(scales), zero
    product = nodes.add("MatMulIntegerToFloat", whole, *held, domain=FUSED)
    product = nodes.add("Mul", product, scale)
    if loud:
        picked = nodes.add("Gather", given, nodes.constant(np.array(loud)), axis=-1)
        product = nodes.add("Add", product, nodes.add("MatMul", picked, nodes.constant(alone.T)))
    return nodes.add("Add", product, nodes.constant(bias.astype(np.float32)))


def _signed(nodes: Nodes, given: str) -> tuple[str, str, str]:
    """The values as bytes, the scale of each token, and the byte that stands for 0."""
    highest = nodes.add("ReduceMax", nodes.add("Abs", given), nodes.constant(_LAST))
    return _bytes(nodes, given, nodes.add("Mul", highest, nodes.constant(1 / _SIGNED)), _ZERO)


def _unsigned(nodes: Nodes, given: str) -> tuple[str, str, str]:
    """Likewise, of values of which none is under the lowest of a GELU, which has the byte 0."""
    lifted = nodes.add("Add", given, nodes.constant(_LOWEST))
    highest = nodes.add("ReduceMax", lifted, nodes.constant(_LAST))
    return _bytes(nodes, lifted, nodes.add("Mul", highest, nodes.constant(1 / _WHOLE)), np.uint8(0))


def _bytes(nodes: Nodes, given: str, scale: str, zero: np.uint8) -> tuple[str, str, str]:
    each, stands = nodes.add("Reshape", scale, nodes.constant(_LAST)), nodes.constant(zero)
    zeros = nodes.add("Expand", stands, nodes.add("Shape", each))
    return nodes.add("QuantizeLinear", given, each, zeros, axis=1), scale, stands
