"""Write an ONNX graph from ``features`` to ``probabilities``, operator by operator.

The families write their own few operators instead of using the usual converters, because the bundle must give what
the estimator gave. At the time of writing, those round the thresholds of LightGBM's trees up as often as down (so
that a value on a threshold takes the other branch), compute distances in 32 bits and divide by those that are
zero, and know neither calibrated support vector machines nor soft voting. Here all but the trees is computed in 64
bits, as scikit-learn does, and `emotrace.learn.models._trees` says how a threshold is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

INPUT, OUTPUT = "features", "probabilities"
_OPSETS = {"": 17, "ai.onnx.ml": 3}
_IR_VERSION = 8


class Graph:
    """A graph that grows; its values are known by names.

    >>> graph = Graph()
    >>> doubled = graph.add("Mul", graph.features, graph.constant(np.float32(2.0)))
    >>> graph.finish(doubled, n_features=3, n_classes=3).graph.output[0].name
    'probabilities'
    """

    features = INPUT
    """The input: float32, (batch, n_features)."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._n_names = 0

    def constant(self, value: ArrayLike, dtype: Any = None) -> str:
        """Take in an array; give its name."""
        name = self._new_name()
        self._constants.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append an operator of one output; give the output's name."""
        return self.add_many(operator, 1, *inputs, domain=domain, **attributes)[0]

    def add_many(
        self, operator: str, n_outputs: int, *inputs: str, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Append an operator; give the names of its outputs."""
        outputs = [self._new_name() for _ in range(n_outputs)]
        self._nodes.append(helper.make_node(operator, list(inputs), outputs, domain=domain, **attributes))
        return outputs

    def to_double(self, values: str) -> str:
        """Go on with 64 bits."""
        return self.add("Cast", values, to=TensorProto.DOUBLE)

    def to_float(self, values: str) -> str:
        """Go on with 32 bits, as all bundles end."""
        return self.add("Cast", values, to=TensorProto.FLOAT)

    def embed(self, model: onnx.ModelProto, features: str | None = None) -> str:
        """Take in another model that was written for ``features``; give the name of its probabilities.

        Raises
        ------
        ValueError
            If the model is written in other versions of the operators, or has functions or graphs within it.
        """
        versions = {opset.domain: opset.version for opset in model.opset_import}
        if any(_OPSETS.get(domain) != version for domain, version in versions.items()) or model.functions:
            raise ValueError(f"a model to be embedded must use the operators {_OPSETS}, this one uses {versions}")
        if any(attribute.HasField("g") for node in model.graph.node for attribute in node.attribute):
            raise ValueError("a model to be embedded must have no graphs within its graph")
        renamed = {INPUT: features or self.features, "": ""}
        for tensor in model.graph.initializer:
            renamed[tensor.name] = self._new_name()
            copy = onnx.TensorProto()
            copy.CopyFrom(tensor)
            copy.name = renamed[tensor.name]
            self._constants.append(copy)
        for node in model.graph.node:
            renamed.update({output: self._new_name() for output in node.output if output})
            copied = onnx.NodeProto()
            copied.CopyFrom(node)
            copied.name = ""
            copied.input[:] = [renamed[name] for name in node.input]
            copied.output[:] = [renamed[name] for name in node.output]
            self._nodes.append(copied)
        return renamed[OUTPUT]

    def finish(
        self, probabilities: str, n_features: int | Sequence[int | None], n_classes: int
    ) -> onnx.ModelProto:
        """Close the graph at ``probabilities``, float32 (batch, n_classes).

        ``n_features`` may be a shape, with None for frames of any number.
        """
        shape = [n_features] if isinstance(n_features, int) else ["frames" if n is None else n for n in n_features]
        self._nodes.append(helper.make_node("Identity", [probabilities], [OUTPUT]))
        graph = helper.make_graph(
            self._nodes,
            "emotrace",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", *shape])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", n_classes])],
            self._constants,
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="emotrace")
        onnx.checker.check_model(model, full_check=True)
        return model

    def _new_name(self) -> str:
        self._n_names += 1
        return f"v{self._n_names}"
