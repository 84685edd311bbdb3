"""Look through the bytes of an ONNX file, before any runtime opens it, for what a bundle must not hold.

ONNX lets a tensor point to a file (``external_data``), which a runtime would open with the user's rights.
Such a tensor can hide in the initialisers, in an attribute of a node (``Constant``), in a sub-graph
(``If``, ``Loop``), in a function or in a sparse tensor. All of them are searched here. Operators that are not
part of the standard are looked for too.

The file is a Protocol Buffers message; only its framing is walked
(https://protobuf.dev/programming-guides/encoding), with the field numbers of ``onnx.proto``. Nothing is
copied and nothing is built, so weights of any size cost one step. Where a lenient reader and this one
might disagree (groups, field numbers that overflow, lengths that run out of the message) the file is refused:
the two must not see different models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from emotrace.bundle.quoting import plain
from emotrace.errors import BundleError

MAX_FIELDS = 500_000
"""Fields looked at in all; a thousand of a list are one. A network of millions of weights has thousands."""

MAX_DEPTH = 40
"""Messages within messages. A graph within a graph takes three levels."""

STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})

# Operators of standard domains that read or run something outside of the graph.
_REACHING_OUT = frozenset({"EPContext"})

# Where the messages of onnx.proto hold further messages that can hold a tensor or a node.
_CHILDREN: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_TENSOR_NAME, _EXTERNAL_DATA, _DATA_LOCATION = 8, 13, 14
_OP_TYPE, _NODE_DOMAIN, _FUNCTION_DOMAIN = 4, 7, 10
# Lists of floats (field 7), whole numbers (8) and the words of decision trees (9) in an attribute: a forest has
# millions, each a field of its own. They can hold nothing, and are stepped over a thousand at a time.
_LISTS = re.compile(
    rb"(?:\x3d.{4}|\x40[\x80-\xff]{0,9}[\x00-\x7f]|\x4a(?:\x04LEAF|\x0aBRANCH_LEQ)){1,1000}", re.DOTALL
)
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def scan_model(data: bytes) -> None:
    """Raise `BundleError` unless ``data`` is a self-contained ONNX model of standard operators.

    Raises
    ------
    BundleError
        If the bytes are not an ONNX model, a tensor lies in another file, an operator is not of the domains
        ``ai.onnx``, ``ai.onnx.ml`` or ``com.microsoft``, or the model is nested or fragmented beyond
        all use.
    """
    _refuse_other_formats(data)
    scan = _Scan(data)
    scan.message("model", 0, len(data), 0)
    if not scan.has_graph:
        raise BundleError("model.onnx is not an ONNX model: no graph is in it")
    foreign = sorted(scan.node_domains - STANDARD_DOMAINS - scan.function_domains)
    if foreign:
        raise BundleError(
            f"model.onnx uses operators of '{plain(foreign[0])}', which are not part of ONNX; "
            f"allowed are {', '.join(sorted(STANDARD_DOMAINS - {''}))}: export it with standard operators"
        )


class _Scan:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.n_fields = 0
        self.has_graph = False
        self.node_domains: set[str] = set()
        self.function_domains: set[str] = set()

    def message(self, kind: str, start: int, stop: int, depth: int) -> None:
        """Walk one message and those within it."""
        if depth > MAX_DEPTH:
            raise BundleError(f"model.onnx is nested deeper than {MAX_DEPTH} levels")
        children = _CHILDREN[kind]
        for number, wire, value, end in self.fields(start, stop, has_lists=kind == "attribute"):
            if wire == _BYTES and number in children:
                self.has_graph |= kind == "model" and number == 7
                self.message(children[number], value, end, depth + 1)
            elif kind == "tensor":
                self.tensor_field(number, wire, value, (start, stop))
            elif wire == _BYTES and kind == "node":
                self.node_field(number, value, end)
            elif wire == _BYTES and kind == "function" and number == _FUNCTION_DOMAIN:
                self.function_domains.add(self.text(value, end))

    def tensor_field(self, number: int, wire: int, value: int, tensor: tuple[int, int]) -> None:
        # Both are looked at: a runtime may go by either, and a location of 2 may mean external tomorrow.
        is_elsewhere = (number == _DATA_LOCATION and wire == _VARINT and value != 0) or (
            number == _EXTERNAL_DATA and wire == _BYTES
        )
        if is_elsewhere:
            fields = list(self.fields(*tensor))
            name = next((self.text(v, e) for n, w, v, e in fields if (n, w) == (_TENSOR_NAME, _BYTES)), "")
            raise BundleError(
                f"model.onnx keeps the weights of tensor '{plain(name)}' in another file; a bundle's model "
                "must hold all of its weights: export it without external data"
            )

    def node_field(self, number: int, start: int, stop: int) -> None:
        if number == _NODE_DOMAIN:
            self.node_domains.add(self.text(start, stop))
        elif number == _OP_TYPE and self.text(start, stop) in _REACHING_OUT:
            raise BundleError(
                f"model.onnx uses the operator {self.text(start, stop)}, which reads another file; "
                "export the model with standard operators"
            )

    def text(self, start: int, stop: int) -> str:
        return self.data[start : min(stop, start + 200)].decode("utf-8", errors="replace")

    def fields(self, start: int, stop: int, has_lists: bool = False) -> Iterator[tuple[int, int, int, int]]:
        """Give ``(field number, wire type, value, end)`` of each field in ``[start, stop)``.

        ``value`` is the number of a varint, else where the field's bytes start. In a message that ``has_lists``
        the elements of these are left out.
        """
        data, at = self.data, start
        while at < stop:
            self.n_fields += 1
            if self.n_fields > MAX_FIELDS:
                raise BundleError(
                    f"model.onnx is cut into more than {MAX_FIELDS} pieces; no usual exporter does so"
                )
            if has_lists and (elements := _LISTS.match(data, at, stop)):
                at = elements.end()
                continue
            tag = data[at]
            at += 1
            if tag >= 128:
                tag, at = self.varint(at - 1, stop)
            number, wire = tag >> 3, tag & 7
            if number == 0 or tag > 0xFFFFFFFF:
                raise _damaged(at)
            value = at
            if wire == _BYTES:
                if at >= stop:
                    raise _damaged(at)
                length = data[at]
                at += 1
                if length >= 128:
                    length, at = self.varint(at - 1, stop)
                value, at = at, at + length
            elif wire == _VARINT:
                value, at = self.varint(at, stop)
            elif wire == _FIXED32:
                at += 4
            elif wire == _FIXED64:
                at += 8
            else:  # 3 and 4 are groups, which ONNX never had; 6 and 7 do not exist
                raise _damaged(at)
            if at > stop:
                raise _damaged(at)
            yield number, wire, value, at

    def varint(self, at: int, stop: int) -> tuple[int, int]:
        """Read a number of seven bits a byte, at most ten bytes; give it and where it ends."""
        value = 0
        for shift in range(0, 70, 7):
            if at >= stop:
                break
            byte = self.data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
        raise _damaged(at)


def _damaged(at: int) -> BundleError:
    return BundleError(f"model.onnx is damaged or not an ONNX model: no valid field at byte {at}")


def _refuse_other_formats(data: bytes) -> None:
    kind = None
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        kind = "a Python pickle"
    elif data[:4] == b"PK\x03\x04":
        kind = "a zip (PyTorch and Keras save such files)"
    elif data[:8] == b"\x89HDF\r\n\x1a\n":
        kind = "an HDF5 file"
    elif data[4:8] == b"ORTM":
        kind = "a model in onnxruntime's own format"
    elif not data:
        kind = "empty"
    if kind:
        raise BundleError(f"model.onnx is {kind}, not ONNX; bundles are ONNX + JSON and never pickles")
