from __future__ import annotations

import re
import time
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError, Message
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from tests.tiny_bundles import emotion_model, graph_bytes, speech_model

from emotrace.bundle import onnx_scan
from emotrace.bundle.onnx_scan import scan_model
from emotrace.errors import BundleError

ABS = helper.make_node("Abs", ["waveform"], ["probabilities"])


def external_tensor(name: str = "w", location: str = "weights.bin") -> TensorProto:
    tensor = TensorProto(name=name, dims=[3], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    return tensor


def model_with(change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = onnx.load_from_string(graph_bytes([ABS], {}, ["batch", "samples"]))
    change(model)
    return bytes(model.SerializeToString())


def subgraph() -> onnx.GraphProto:
    """A graph whose node's Constant holds an external tensor."""
    constant = helper.make_node("Constant", [], ["c"], value=external_tensor())
    return helper.make_graph([constant], "inner", [], [helper.make_tensor_value_info("c", TensorProto.FLOAT, [3])])


def add_node(model: onnx.ModelProto, *args: object, **attributes: object) -> None:
    model.graph.node.append(helper.make_node(*args, **attributes))


def add_attribute(model: onnx.ModelProto, **parts: object) -> None:
    attribute = onnx.AttributeProto(name="value", **parts)
    model.graph.node.add(op_type="Constant", output=["c"]).attribute.append(attribute)


def add_function(model: onnx.ModelProto) -> None:
    node = helper.make_node("Constant", [], ["b"], value=external_tensor())
    model.functions.append(helper.make_function("mine", "F", ["a"], ["b"], [node], [helper.make_opsetid("", 17)]))


def add_default_of_function(model: onnx.ModelProto) -> None:
    function = helper.make_function("mine", "F", ["a"], ["b"], [ABS], [helper.make_opsetid("", 17)])
    function.attribute_proto.append(onnx.AttributeProto(name="x", t=external_tensor(), type=4))
    model.functions.append(function)


def location_without_flag(model: onnx.ModelProto) -> None:
    tensor = external_tensor()
    tensor.ClearField("data_location")
    model.graph.initializer.append(tensor)


def flag_without_location(model: onnx.ModelProto) -> None:
    tensor = external_tensor()
    del tensor.external_data[:]
    model.graph.initializer.append(tensor)


def sparse() -> onnx.SparseTensorProto:
    return onnx.SparseTensorProto(values=external_tensor(), dims=[3])


def sparse_indices() -> onnx.SparseTensorProto:
    return onnx.SparseTensorProto(indices=external_tensor(), dims=[3])


HIDING_PLACES: dict[str, Callable[[onnx.ModelProto], object]] = {
    "initialiser": lambda m: m.graph.initializer.append(external_tensor()),
    "location without flag": location_without_flag,
    "flag without location": flag_without_location,
    "sparse initialiser": lambda m: m.graph.sparse_initializer.append(sparse()),
    "indices of sparse initialiser": lambda m: m.graph.sparse_initializer.append(sparse_indices()),
    "Constant": lambda m: add_node(m, "Constant", [], ["c"], value=external_tensor()),
    "attribute tensor": lambda m: add_attribute(m, t=external_tensor()),
    "attribute tensors": lambda m: add_attribute(m, tensors=[external_tensor()]),
    "attribute sparse tensor": lambda m: add_attribute(m, sparse_tensor=sparse()),
    "attribute sparse tensors": lambda m: add_attribute(m, sparse_tensors=[sparse()]),
    "attribute graphs": lambda m: add_attribute(m, graphs=[subgraph()]),
    "If": lambda m: add_node(m, "If", ["x"], ["c"], then_branch=subgraph(), else_branch=subgraph()),
    "Loop": lambda m: add_node(m, "Loop", ["n", "x"], ["c"], body=subgraph()),
    "function": add_function,
    "default of a function": add_default_of_function,
    "training": lambda m: m.training_info.add().algorithm.CopyFrom(subgraph()),
    "initialisation of training": lambda m: m.training_info.add().initialization.CopyFrom(subgraph()),
}


@pytest.mark.parametrize("place", HIDING_PLACES)
def test_external_data_is_found_wherever_it_hides(place: str) -> None:
    with pytest.raises(
        BundleError, match=r"^model\.onnx keeps the weights of tensor 'w' in another file; .*without"
    ):
        scan_model(model_with(HIDING_PLACES[place]))


@pytest.mark.parametrize("location", ["weights.bin", "../../secret", "/etc/passwd", "C:\\x", "", "a\0b"])
def test_external_data_is_refused_wherever_it_points(location: str) -> None:
    with pytest.raises(BundleError, match="in another file"):
        scan_model(model_with(lambda m: m.graph.initializer.append(external_tensor(location=location))))


def test_name_of_an_external_tensor_cannot_drive_the_terminal() -> None:
    with pytest.raises(BundleError, match=r"tensor '\?\[2J\?w' in") as info:
        scan_model(model_with(lambda m: m.graph.initializer.append(external_tensor("\x1b[2J\nw"))))
    assert str(info.value).isprintable()


def test_last_of_two_values_cannot_hide_the_first() -> None:
    """Protocol Buffers lets the last value win: each one is judged."""
    twice = external_tensor().SerializeToString() + b"\x70\x00"  # data_location = DEFAULT
    assert TensorProto.FromString(twice).data_location == TensorProto.DEFAULT
    graph = onnx.GraphProto(node=[ABS]).SerializeToString() + b"\x2a" + bytes([len(twice)]) + twice
    model = onnx.ModelProto(ir_version=8).SerializeToString() + b"\x3a" + bytes([len(graph)]) + graph
    assert len(onnx.load_from_string(model).graph.initializer) == 1
    with pytest.raises(BundleError, match="in another file"):
        scan_model(model)


def test_flag_that_fits_only_after_truncation_is_refused() -> None:
    """C++ readers keep the lower 32 bits of an enum: 2^32 + 1 is EXTERNAL to them."""
    tensor = numpy_helper.from_array(np.ones(3, np.float32), "w").SerializeToString() + b"\x70\x81\x80\x80\x80\x10"
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    with pytest.raises(BundleError, match="in another file"):
        scan_model(b"\x3a" + bytes([len(graph)]) + graph)


@pytest.mark.parametrize("domain", ["com.example", "ai.onnx.contrib", "ai.onnx.training", "AI.ONNX", " "])
def test_operators_of_other_domains_are_refused(domain: str) -> None:
    with pytest.raises(
        BundleError, match=rf"uses operators of '{domain}', .*allowed are ai\.onnx, ai\.onnx\.ml, com"
    ):
        scan_model(model_with(lambda m: add_node(m, "Foo", ["waveform"], ["c"], domain=domain)))


def test_foreign_operator_in_a_subgraph_is_refused() -> None:
    inner = helper.make_graph([helper.make_node("Foo", [], ["c"], domain="com.example")], "inner", [], [])
    with pytest.raises(BundleError, match=r"uses operators of 'com\.example'"):
        scan_model(model_with(lambda m: add_node(m, "If", ["x"], ["c"], then_branch=inner, else_branch=inner)))


def test_operator_that_reads_a_file_is_refused() -> None:
    with pytest.raises(BundleError, match=r"uses the operator EPContext, which reads another file"):
        scan_model(model_with(lambda m: add_node(m, "EPContext", ["waveform"], ["c"], domain="com.microsoft")))


@pytest.mark.parametrize("domain", ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"])
def test_standard_operators_pass(domain: str) -> None:
    scan_model(model_with(lambda m: add_node(m, "Foo", ["waveform"], ["c"], domain=domain)))


def test_functions_of_the_model_itself_and_unused_imports_pass() -> None:
    def change(model: onnx.ModelProto) -> None:
        model.functions.append(
            helper.make_function("mine", "F", ["a"], ["b"], [ABS], [helper.make_opsetid("", 17)])
        )
        add_node(model, "F", ["waveform"], ["c"], domain="mine")
        model.opset_import.append(helper.make_opsetid("pkg.unused", 1))

    scan_model(model_with(change))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", r"model\.onnx is empty, not ONNX"),
        (
            b"\x80\x04\x95abc",
            r"model\.onnx is a Python pickle, not ONNX; bundles are ONNX \+ JSON and never pickles",
        ),
        (b"PK\x03\x04rest", r"model\.onnx is a zip \(PyTorch and Keras save such files\)"),
        (b"\x89HDF\r\n\x1a\n", r"model\.onnx is an HDF5 file"),
        (b"\x20\0\0\0ORTM", r"model\.onnx is a model in onnxruntime's own format"),
        (b"\x08\x07", r"is not an ONNX model: no graph is in it"),
        (b"\x00\x00", r"damaged or not an ONNX model: no valid field at byte 1"),
        (b"\x3b\x3c", r"damaged or not an ONNX model"),  # a group
        (b"\x3a\x05ab", r"damaged or not an ONNX model"),  # longer than the file
        (b"\x3a", r"damaged or not an ONNX model"),
        (b"\x08" + b"\xff" * 11, r"damaged or not an ONNX model"),
        (b"\x08\x80", r"damaged or not an ONNX model"),
        (b"\xba\x80\x80\x80\x10\x00", r"damaged or not an ONNX model"),  # field 7 once truncated to 32 bits
        (b"\x0d\0\0", r"damaged or not an ONNX model"),
        (b"\x09\0\0\0\0", r"damaged or not an ONNX model"),
    ],
)
def test_bytes_that_are_no_onnx_model_are_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(BundleError, match=sentence):
        scan_model(data)


def test_endless_nesting_is_refused() -> None:
    """A graph in an attribute in a node in a graph, and so on, far beyond Python's own stack."""
    graph = b""
    for _ in range(400):
        attribute = b"\x32" + varint(len(graph)) + graph
        node = b"\x2a" + varint(len(attribute)) + attribute
        graph = b"\x0a" + varint(len(node)) + node
    with pytest.raises(BundleError, match="nested deeper than 40 levels"):
        scan_model(b"\x3a" + varint(len(graph)) + graph)


def test_number_of_pieces_is_bounded() -> None:
    data = b"\x08\x01" * (onnx_scan.MAX_FIELDS + 1)
    with pytest.raises(BundleError, match="cut into more than 500000 pieces"):
        scan_model(data)


def test_large_weights_cost_nothing() -> None:
    weights = np.zeros(16_000_000, dtype=np.float32)
    model = graph_bytes([helper.make_node("Add", ["waveform", "w"], ["probabilities"])], {"w": weights}, None)
    start = time.perf_counter()
    scan_model(model)
    # 64 MB: reading them, even once, takes longer than this on any machine that Python would crawl on.
    assert time.perf_counter() - start < 0.05


@pytest.mark.parametrize("model", [emotion_model(), speech_model()])
def test_ordinary_models_pass(model: bytes) -> None:
    scan_model(model)


@given(st.binary(max_size=200))
def test_any_bytes_pass_or_are_a_bundle_error(data: bytes) -> None:
    refusal = ""
    try:
        scan_model(data)
    except BundleError as error:
        refusal = str(error)
    assert refusal.isprintable()


def external_tensors(message: Message) -> list[TensorProto]:
    """Find external tensors with the protobuf library, knowing nothing of where they may be."""
    found = []
    if isinstance(message, TensorProto) and (message.data_location or message.external_data):
        found.append(message)
    for field, value in message.ListFields():
        if field.message_type:
            for part in value if field.is_repeated else [value]:
                found += external_tensors(part)
    return found


@pytest.mark.parametrize("place", HIDING_PLACES)
def test_other_reader_finds_the_same_external_tensors(place: str) -> None:
    assert external_tensors(onnx.load_from_string(model_with(HIDING_PLACES[place])))
    assert not external_tensors(onnx.load_from_string(emotion_model()))


@given(place=st.sampled_from(sorted(HIDING_PLACES)), data=st.data())
@settings(max_examples=500)
def test_what_passes_the_scan_has_no_external_data_for_protobuf_either(place: str, data: st.DataObject) -> None:
    """Overwrite single bytes of a model with a hidden tensor: where the scan loses it, protobuf must too."""
    mutated = bytearray(model_with(HIDING_PLACES[place]))
    for _ in range(data.draw(st.integers(1, 3))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    try:
        scan_model(bytes(mutated))
        model = onnx.load_from_string(bytes(mutated))
    except (BundleError, DecodeError):
        return
    assert not external_tensors(model)


def varint(value: int) -> bytes:
    parts = []
    while value >= 128:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def add_forest(model: onnx.ModelProto, n_nodes: int, **more: object) -> onnx.AttributeProto:
    """Add an operator with lists as long as a forest's; give its last attribute."""
    node = model.graph.node.add(op_type="TreeEnsembleRegressor", domain="ai.onnx.ml", output=["f"])
    node.attribute.append(onnx.AttributeProto(name="nodes_values", type=6, floats=[0.5] * n_nodes))
    node.attribute.append(
        onnx.AttributeProto(name="nodes_modes", type=8, strings=[b"BRANCH_LEQ", b"LEAF"] * n_nodes)
    )
    ids = [i * 37 % 100_000 for i in range(n_nodes)] + [-1]
    node.attribute.append(onnx.AttributeProto(name="nodes_nodeids", type=7, ints=ids, **more))
    return node.attribute[-1]


def test_forest_of_many_nodes_is_looked_through_in_no_time() -> None:
    data = model_with(lambda model: add_forest(model, 300_000))
    started = time.perf_counter()
    scan_model(data)
    assert time.perf_counter() - started < 2.0  # a field at a time it takes three times as long, and is refused


def test_tensor_behind_long_lists_is_found() -> None:
    data = model_with(lambda model: add_forest(model, 3_000, t=external_tensor()))
    with pytest.raises(BundleError, match="keeps the weights of tensor 'w' in another file"):
        scan_model(data)


FOREST = model_with(lambda model: add_forest(model, 12, t=TensorProto(name="w", dims=[1], data_type=1)))
NEVER = re.compile(rb"(?!)")


@given(place=st.integers(0, len(FOREST) - 1), value=st.integers(0, 255), n_cut=st.sampled_from([0, 0, 1, 2, 3, 9]))
@settings(max_examples=400)
def test_stepping_over_lists_sees_what_walking_through_them_sees(place: int, value: int, n_cut: int) -> None:
    data = bytearray(FOREST[: len(FOREST) - n_cut])
    data[min(place, len(data) - 1)] = value
    stepping = outcome(bytes(data))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx_scan, "_LISTS", NEVER)
        assert outcome(bytes(data)) == stepping


def outcome(data: bytes) -> str:
    try:
        scan_model(data)
    except BundleError as error:
        return str(error)
    return "sound"
