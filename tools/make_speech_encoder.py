"""Make the speech encoder that the default model hears through: the lower part of a published network, as ONNX.

The network is the encoder of Moonshine tiny for English (N. Jeffries et al., "Moonshine: Speech Recognition
for Live Transcription and Voice Commands", 2024, arXiv:2410.15608; MIT licence), which was trained to write
down speech and not to name emotions. It comes in wheels of ``moonshine-voice``, in the format of ONNX Runtime:

    pip download --no-deps moonshine-voice==0.1.0
    python tools/make_speech_encoder.py moonshine_voice-0.1.0-*.whl -o src/emotrace/assets/speech-encoder

What is made takes a waveform (batch, samples) at 16 kHz and gives means and deviations over time of what
chosen layers make of it. Matrix products are done in eight bits, for speed: the ranges of what goes into them
are measured on the speech that lies in the same wheel, so that no corpus has any part in it. Weights have
seven bits, since processors without instructions for it would overflow with eight.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import soundfile
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.InferenceSession import InferenceSession
from torch import Tensor, nn
from torch.nn import functional

from emotrace.atomic import replacing
from emotrace.audio.resample import resample
from emotrace.learn.training.export import halve_weights

ENCODER = "moonshine_voice/assets/tiny-en/encoder_model.ort"
LICENCE = "moonshine_voice-0.1.0.dist-info/licenses/LICENSE"
SHA256 = "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221"
SPEECH = ("two_cities.wav", "beckett.wav", "endgame_nagg_nell.wav")
RATE = 16_000
OPSET = 17

WIDTH, HEADS, HIDDEN = 288, 8, 1152
ROTATED = 16
"""Pairs of each head's 36 dimensions that are turned by their place in time; four dimensions are not."""

HOP = 384
"""Samples from one column to the next; a column sees 895 of them, of which two hops stand for its level."""

RANGE_DB = 36.0
"""How far below the loudest column is still speech, as for an ear."""

LOUDNESS = 0.1
"""Root mean square that speech is brought to."""

N_LAYERS, HEARD = 4, (2, 3, 4)

PERCENTILE = 99.99
"""Of what goes into a matrix product, and is still told apart."""

COPYING = ("Concat", "Pad", "Reshape", "Slice")

Weights = Mapping[str, NDArray[Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=N_LAYERS, help="how many of the six layers")
    parser.add_argument("--heard", type=int, nargs="+", default=HEARD, help="the layers that are heard")
    parser.add_argument("--exact", action="store_true", help="in 32 bits, to compare with")
    arguments = parser.parse_args()
    try:
        with zipfile.ZipFile(arguments.wheel) as wheel:
            stored, licence = wheel.read(ENCODER), wheel.read(LICENCE).decode()
            clips = list(read_speech(wheel))
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        parser.error(f"{arguments.wheel} is not the wheel of moonshine-voice 0.1.0: {error}")
    found = hashlib.sha256(stored).hexdigest()
    if found != SHA256:
        parser.error(f"{ENCODER} of this wheel has the SHA-256 {found}, not {SHA256}")
    encoder = SpeechEncoder(read_weights(stored), arguments.layers, tuple(arguments.heard)).eval()
    model = trace(encoder)
    if not arguments.exact:
        model = halve_weights(quantise(model, clips))
    model = with_licence(model, licence)
    arguments.output.mkdir(parents=True, exist_ok=True)
    with replacing(arguments.output / "model.onnx") as part:
        part.write_bytes(model)
    print(f"{arguments.output / 'model.onnx'}: {len(model) / 1e6:.2f} MB")


def with_licence(model: bytes, licence: str) -> bytes:
    """Write the licence into the model, so that it goes wherever the weights go."""
    proto = onnx.load_model_from_string(model)
    proto.doc_string = f"Encoder of Moonshine tiny for English, changed as emotrace says.\n\n{licence}"
    return bytes(proto.SerializeToString(deterministic=True))


def read_speech(wheel: zipfile.ZipFile) -> Iterator[NDArray[np.float32]]:
    """Give the wheel's own recordings of speech in pieces of three seconds, (samples,)."""
    for name in SPEECH:
        samples, rate = soundfile.read(io.BytesIO(wheel.read(f"moonshine_voice/assets/{name}")), dtype="float32")
        signal = resample(samples if samples.ndim == 1 else samples.mean(axis=1), rate, RATE)
        yield from (signal[start : start + 3 * RATE] for start in range(0, len(signal) - 3 * RATE, 3 * RATE))


def read_weights(stored: bytes) -> dict[str, NDArray[Any]]:
    """Give the weights of the published encoder by the names they have in Moonshine; matrices are (in, out)."""
    graph = InferenceSession.GetRootAs(bytearray(stored), 0).Model().Graph()
    raw = dict(_tensors(graph))
    weights = {name: values for name, values in raw.items() if values.dtype == np.float32}
    # What is multiplied in eight bits is named by a number, in the order of the layers and of what is in them.
    numbers = sorted(int(name.split("_")[1]) for name in raw if name.endswith("_quantized"))
    parts = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.fc1", "mlp.fc2")
    for place, number in enumerate(numbers):
        codes, scale, zero = (
            raw[f"onnx::MatMul_{number}_{what}"] for what in ("quantized", "scale", "zero_point")
        )
        name = f"layers.{place // len(parts)}.{parts[place % len(parts)]}.weight"
        weights[name] = (codes.astype(np.float32) - zero.astype(np.float32)) * scale
    return weights


def _tensors(graph: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    types = {1: np.float32, 2: np.uint8, 3: np.int8}
    for place in range(graph.InitializersLength()):
        tensor = graph.Initializers(place)
        if tensor.DataType() in types and tensor.RawDataLength():
            shape = [tensor.Dims(axis) for axis in range(tensor.DimsLength())]
            values = np.frombuffer(tensor.RawDataAsNumpy().tobytes(), types[tensor.DataType()]).reshape(shape)
            yield tensor.Name().decode(), values


class SpeechEncoder(nn.Module):
    """Waveform (batch, samples) at 16 kHz -> means and deviations over time of chosen layers (batch, n).

    The published network up to its layer ``n_layers``, but speech is brought to one loudness first, and
    columns far below the loudest are silence: they are not attended to and do not count in means and
    deviations. Convolutions are written as products of matrices, and what is turned by its place in time is
    put in order first, so that nothing is strided.
    """

    turns: Tensor

    def __init__(self, weights: Weights, n_layers: int, heard: tuple[int, ...]) -> None:
        super().__init__()
        self.heard = heard
        self.first = _parameter(weights["conv1.weight_add_tensor"])
        self.gain = _parameter(weights["onnx::Mul_2080"].ravel())
        self.offset = _parameter(weights["onnx::Add_2081"].ravel())
        self.second = _parameter(_as_matrix(weights["conv2.weight_add_tensor"]))
        self.second_bias = _parameter(weights["conv2.bias"])
        self.third = _parameter(_as_matrix(weights["conv3.weight_add_tensor"]))
        self.third_bias = _parameter(weights["conv3.bias"])
        self.layers = nn.ModuleList(Layer(weights, f"layers.{number}") for number in range(n_layers))
        turns = 10_000.0 ** (-np.arange(ROTATED) / ROTATED)
        self.register_buffer("turns", torch.tensor(np.tile(turns, HEADS), dtype=torch.float32))

    def forward(self, waveform: Tensor) -> Tensor:
        power = functional.avg_pool1d(waveform.square().unsqueeze(1), 2 * HOP, HOP).squeeze(1)
        is_heard = (power > 10.0 ** (-RANGE_DB / 10.0) * power.amax(dim=1, keepdim=True)).float()
        count = is_heard.sum(dim=1, keepdim=True).clamp_min(1.0)
        level = ((power * is_heard).sum(dim=1, keepdim=True) / count).clamp_min(1e-12).sqrt()
        columns = self._columns((waveform * (LOUDNESS / level)).clamp(-1.0, 1.0))
        n_columns = columns.shape[1]
        angles = (torch.ones_like(columns[0, :, :1]).cumsum(dim=0) - 1.0) * self.turns
        cosines, sines = angles.cos(), angles.sin()
        is_heard = is_heard[:, :n_columns]
        # Nobody attends to silence, or a clip would be another one with more of it around.
        silent = (1e4 * (is_heard - 1.0)).unsqueeze(1).unsqueeze(2)
        is_heard = is_heard.unsqueeze(2)
        told = []
        for number, layer in enumerate(self.layers, start=1):
            columns = layer(columns, cosines, sines, silent)
            if number in self.heard:
                told += _mean_and_deviation(columns, is_heard)
        return torch.cat(told, dim=1)

    def _columns(self, waveform: Tensor) -> Tensor:
        """Give columns (batch, n_columns, 288), one in 24 ms."""
        heard = torch.tanh(functional.conv1d(waveform.unsqueeze(1), self.first, stride=64))
        heard = functional.group_norm(heard, 1, self.gain, self.offset).transpose(1, 2)
        heard = functional.gelu(_frames(heard, 7, 3) @ self.second + self.second_bias)
        return functional.gelu(_frames(heard, 3, 2) @ self.third + self.third_bias)


class Layer(nn.Module):
    """A transformer layer with rotary embedding, (batch, n_columns, 288) in and out."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        query, key, value, out, up, down = (
            weights[f"{name}.{part}.weight"]
            for part in (
                "self_attn.q_proj",
                "self_attn.k_proj",
                "self_attn.v_proj",
                "self_attn.o_proj",
                "mlp.fc1",
                "mlp.fc2",
            )
        )
        order = _order_of_turning()
        scale = 1.0 / np.sqrt(WIDTH // HEADS)
        self.attend = _parameter(np.concatenate([scale * query[:, order], key[:, order], value], axis=1))
        self.out = _parameter(out)
        self.up, self.up_bias = _parameter(up), _parameter(weights[f"{name}.mlp.fc1.bias"])
        self.down, self.down_bias = _parameter(down), _parameter(weights[f"{name}.mlp.fc2.bias"])
        self.before = _parameter(weights[f"{name}.input_layernorm.weight"])
        self.after = _parameter(weights[f"{name}.post_attention_layernorm.weight"])

    def forward(self, columns: Tensor, cosines: Tensor, sines: Tensor, silent: Tensor) -> Tensor:
        n_columns = columns.shape[1]
        normal = functional.layer_norm(columns, (WIDTH,), self.before)
        query, key, value = (normal @ self.attend).split(WIDTH, dim=2)
        value = value.reshape(-1, n_columns, HEADS, WIDTH // HEADS).transpose(1, 2)
        alike = _turn(query, cosines, sines).transpose(1, 2) @ _turn(key, cosines, sines).permute(0, 2, 3, 1)
        attended = ((alike + silent).softmax(dim=3) @ value).transpose(1, 2).reshape(-1, n_columns, WIDTH)
        columns = columns + attended @ self.out
        normal = functional.layer_norm(columns, (WIDTH,), self.after)
        return columns + functional.gelu(normal @ self.up + self.up_bias) @ self.down + self.down_bias


def _order_of_turning() -> NDArray[np.int64]:
    """Give the order of dimensions in which the first of all pairs come first, then the second, then the rest."""
    dimension = np.arange(WIDTH).reshape(HEADS, WIDTH // HEADS)
    turned = dimension[:, : 2 * ROTATED]
    parts = [turned[:, 0::2], turned[:, 1::2], dimension[:, 2 * ROTATED :]]
    return np.concatenate([part.ravel() for part in parts])


def _turn(values: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turn each pair by its place, (batch, n_columns, 288) -> (batch, n_columns, heads, 36)."""
    first, second, rest = values.split([HEADS * ROTATED, HEADS * ROTATED, WIDTH - 2 * HEADS * ROTATED], dim=2)
    parts = [first * cosines - second * sines, second * cosines + first * sines, rest]
    return torch.cat([part.reshape(-1, values.shape[1], HEADS, part.shape[2] // HEADS) for part in parts], dim=3)


def _frames(columns: Tensor, length: int, hop: int) -> Tensor:
    """Give frames of ``length`` neighbouring columns, every ``hop``: (batch, n, width) -> (batch, m, length x
    width).

    Columns are put together to hops, and hops to frames, which copies less than to pick columns.
    """
    width = columns.shape[2]
    n_frames = (columns.shape[1] - length) // hop + 1
    n_hops = -(-length // hop)
    columns = functional.pad(columns, (0, 0, 0, n_hops * hop - length))[:, : hop * (n_frames + n_hops - 1)]
    hops = columns.reshape(columns.shape[0], -1, hop * width)
    last = (length - hop * (n_hops - 1)) * width
    whole = [hops[:, first : first + n_frames] for first in range(n_hops - 1)]
    return torch.cat([*whole, hops[:, n_hops - 1 :, :last]], dim=2)


def _mean_and_deviation(columns: Tensor, is_heard: Tensor) -> list[Tensor]:
    count = is_heard.sum(dim=1).clamp_min(1.0)
    mean = (columns * is_heard).sum(dim=1) / count
    variance = ((columns - mean.unsqueeze(1)) * is_heard).square().sum(dim=1) / count
    return [mean, variance.clamp_min(1e-8).sqrt()]


def _as_matrix(kernel: NDArray[Any]) -> NDArray[Any]:
    """Give the kernel of a convolution, (out, in, length), as a matrix (length x in, out)."""
    return np.ascontiguousarray(kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0]))


def _parameter(values: NDArray[Any]) -> nn.Parameter:
    return nn.Parameter(torch.tensor(np.array(values, dtype=np.float32)), requires_grad=False)


def trace(encoder: nn.Module) -> bytes:
    """Export the encoder with free batch and length, in 32 bits."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            encoder,
            (torch.randn(1, 2 * RATE),),
            buffer,
            dynamo=False,
            opset_version=OPSET,
            input_names=["waveform"],
            output_names=["statistics"],
            dynamic_axes={"waveform": {0: "batch", 1: "samples"}, "statistics": {0: "batch"}},
        )
    return tidy(buffer.getvalue())


def tidy(model: bytes) -> bytes:
    """Leave out what is always the same, so that there is less to open."""
    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(Path(folder) / "tidy.onnx")
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        proto = onnx.load(Path(folder) / "tidy.onnx")
    # The runtime names all that it knows; what is used are standard operators alone.
    del proto.opset_import[:]
    proto.opset_import.append(onnx.helper.make_opsetid("", OPSET))
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString(deterministic=True))


def quantise(model: bytes, clips: list[NDArray[np.float32]]) -> bytes:
    """Do the products with weights in eight bits, except the third convolution's.

    What goes into that one has rare peaks, ten times as high as all else: in eight bits, the peaks or the rest
    would be lost.
    """
    proto = onnx.load_model_from_string(model)
    weights = {tensor.name for tensor in proto.graph.initializer} - {"third"}
    products = [node.name for node in proto.graph.node if node.op_type == "MatMul" and node.input[1] in weights]
    with tempfile.TemporaryDirectory() as folder:
        whole, quantised = Path(folder) / "whole.onnx", Path(folder) / "quantised.onnx"
        whole.write_bytes(model)
        quantize_static(
            whole,
            quantised,
            _Clips(clips),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["MatMul"],
            nodes_to_quantize=products,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={
                "CalibPercentile": PERCENTILE,
                "MatMulConstBOnly": True,
                "OpTypesToExcludeOutputQuantization": ["MatMul"],
            },
        )
        return round_before_framing(quantised.read_bytes())


def round_before_framing(model: bytes) -> bytes:
    """Bring columns to eight bits before they are put together to frames: what is copied is then a quarter.

    The same numbers come out, as nothing is computed in between.
    """
    proto = onnx.load_model_from_string(model)
    nodes = list(proto.graph.node)
    by_output = {output: node for node in nodes for output in node.output}
    for node in [node for node in nodes if node.op_type == "QuantizeLinear"]:
        copying, columns = _copied(by_output.get(node.input[0]), by_output)
        if not copying:
            continue
        frames, rounded = node.input[0], f"{columns}_rounded"
        for copy in copying:
            copy.input[:] = [rounded if name == columns else name for name in copy.input]
            if copy.op_type == "Pad":
                # What is padded is in no frame; without a value of its own, a pad is of any type.
                del copy.input[2:]
            copy.output[:] = [node.output[0] if name == frames else name for name in copy.output]
        nodes.remove(node)
        node.input[0], node.output[0] = columns, rounded
        nodes.insert(nodes.index(by_output[columns]) + 1, node)
    del proto.graph.node[:], proto.graph.value_info[:]
    proto.graph.node.extend(nodes)
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString(deterministic=True))


def _copied(
    last: onnx.NodeProto | None, by_output: Mapping[str, onnx.NodeProto]
) -> tuple[list[onnx.NodeProto], str]:
    """Give the nodes from ``last`` backwards that only copy, and what they copy; none if those are several."""
    copying, waiting, sources = [], [last], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in copying:
            continue
        copying.append(node)
        for name in node.input if node.op_type == "Concat" else node.input[:1]:
            before = by_output.get(name)
            if before is not None and before.op_type in COPYING:
                waiting.append(before)
            else:
                sources.add(name)
    is_framing = last is not None and last.op_type == "Concat" and len(sources) == 1
    return (copying, sources.pop()) if is_framing else ([], "")


class _Clips(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, clips: list[NDArray[np.float32]]) -> None:
        self._rest = iter(clips)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        clip = next(self._rest, None)
        return None if clip is None else {"waveform": clip[np.newaxis]}


if __name__ == "__main__":
    main()
