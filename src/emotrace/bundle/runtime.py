"""Run a bundle's graph."""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotrace.bundle.card import MODEL_FILE, Card
from emotrace.bundle.quoting import one_line, plain
from emotrace.errors import BundleError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

OUTPUT = "probabilities"
_FATAL_ONLY = 4
_SLACK = 1e-3


@dataclass(frozen=True, eq=False)
class Bundle:
    """A trained model in memory, as `load_bundle` or `write_bundle` give it.

    Attributes
    ----------
    card
        What the model is.
    model_bytes
        The ONNX file.
    path
        Where it was read from or written to.
    """

    card: Card
    model_bytes: bytes = field(repr=False)
    path: Path
    _sessions: dict[int, InferenceSession] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def input_name(self) -> str:
        """What the graph takes: ``waveform`` or ``features``."""
        return "waveform" if self.card.features is None else "features"

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of one example without the batch; None where any length will do."""
        return (None,) if self.card.features is None else tuple(self.card.features["shape"])

    def session(self, threads: int = 1) -> InferenceSession:
        """Open the model in onnxruntime, on the CPU; the first time only.

        Parameters
        ----------
        threads
            Most threads that one run may use, at least 1.

        Raises
        ------
        BundleError
            If onnxruntime refuses the model, or its inputs and outputs are not those of a bundle.
        """
        if threads < 1:
            raise UsageError(f"threads must be at least 1, not {threads}")
        with self._lock:
            if threads not in self._sessions:
                self._sessions[threads] = _open_session(self, threads)
            return self._sessions[threads]

    def predict(self, inputs: NDArray[np.float32], threads: int = 1) -> NDArray[np.float32]:
        """Give the probabilities of a batch of waveforms of equal length, or of features.

        Parameters
        ----------
        inputs
            Waveforms, float32 ``(batch, samples)`` in [-1, 1] at the card's sampling rate, at least
            ``card.minimum_samples`` long; or, where the card names features, these: float32 ``(batch, *shape)``.
        threads
            See `session`.

        Returns
        -------
        probabilities
            float32 ``(batch, n_labels)`` in the order of ``card.labels``, each row summing to 1; or, for kind
            ``speech``, ``(batch, n_frames)``.

        Raises
        ------
        UsageError
            If ``inputs`` are of another type or shape, or too short.
        BundleError
            If the model cannot be run, or what it gives are no probabilities.
        """
        _check_inputs(inputs, self)
        session = self.session(threads)
        try:
            (probabilities,) = session.run([OUTPUT], {self.input_name: inputs})
        except Exception as error:  # onnxruntime's exceptions have no common base
            raise self._error(f"{MODEL_FILE} cannot be run: {_tell(error)}") from None
        flaw = _flaw_of_output(probabilities, len(inputs), self)
        if flaw:
            raise self._error(f"{MODEL_FILE} gives {flaw}")
        checked: NDArray[np.float32] = probabilities
        return checked

    def _error(self, text: str) -> BundleError:
        return BundleError(f"bundle '{plain(str(self.path), 200)}': {text}")

    def __getstate__(self) -> dict[str, Any]:
        # A session cannot travel to another process; there it is opened anew.
        return {"card": self.card, "model_bytes": self.model_bytes, "path": self.path}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in {**state, "_sessions": {}, "_lock": threading.Lock()}.items():
            object.__setattr__(self, name, value)


def _load_onnxruntime() -> Any:
    # Since 1.29 onnxruntime tells its maker about every process, unless told not to before it is loaded; where
    # somebody has loaded it before, it is at least silenced from here on.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    if os.environ["ORT_DISABLE_TELEMETRY"] == "1":
        onnxruntime.disable_telemetry_events()
    return onnxruntime


def _open_session(bundle: Bundle, threads: int) -> InferenceSession:
    onnxruntime = _load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = threads
    # Errors come as exceptions; the log would say them a second time.
    options.log_severity_level = _FATAL_ONLY
    # onnxruntime would else guess from the first bytes whether this is its own format.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # To plan which buffers are used twice takes longer than all else of opening a large graph, and saves a few MB.
    options.enable_mem_reuse = False
    # Waiting threads sleep instead of spinning: an analysis must not eat cores that it does not use.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(
            bundle.model_bytes,
            sess_options=options,
            providers=["CPUExecutionProvider"],
            # The fallback prints to standard output, and would try the CPU once more.
            enable_fallback=0,
        )
        flaw = _flaw_of_graph(session, bundle)
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise bundle._error(f"onnxruntime refuses {MODEL_FILE}: {_tell(error)}") from None
    if flaw:
        raise bundle._error(f"{MODEL_FILE} {flaw}")
    return session


def _tell(error: Exception) -> str:
    """Keep of onnxruntime's message what it says; the code and the place in its sources come first."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : ", "", one_line(error, 10_000))
    return text if len(text) <= 240 else "…" + text[-200:]


def _flaw_of_graph(session: InferenceSession, bundle: Bundle) -> str | None:
    """Say what of the graph's inputs and outputs does not fit the card."""
    inputs, outputs = session.get_inputs(), {node.name: node for node in session.get_outputs()}
    card, name = bundle.card, bundle.input_name
    if [node.name for node in inputs] != [name]:
        names = plain(", ".join(node.name for node in inputs)) or "nothing"
        why = "" if card.features is None else " for its card names a feature set"
        return f"takes {names}; a bundle's graph takes '{name}' and nothing else{why and ','}{why}"
    if OUTPUT not in outputs:
        return f"gives {plain(', '.join(outputs)) or 'nothing'}; a bundle's graph gives '{OUTPUT}'"
    for node, n_axes in ((inputs[0], 1 + len(bundle.input_shape)), (outputs[OUTPUT], 2)):
        if node.type != "tensor(float)" or (node.shape and len(node.shape) != n_axes):
            found = f"{node.name} as {plain(node.type)} {_shape(node.shape)}"
            return f"has {found}; it must be float32 with {('two', 'three', 'four')[n_axes - 2]} axes"
    if inputs[0].shape and (flaw := _flaw_of_shape(inputs[0].shape, bundle)):
        return flaw
    width = outputs[OUTPUT].shape[1] if outputs[OUTPUT].shape else None
    if card.kind != "speech" and isinstance(width, int) and width != len(card.labels):
        return f"gives {width} probabilities, but card.json names {len(card.labels)} labels"
    return None


def _flaw_of_shape(shape: list[int | str | None], bundle: Bundle) -> str | None:
    """Say which axis of the graph's input is bound that must be free, or bound to another length."""
    if bundle.card.features is None:
        if any(isinstance(length, int) for length in shape):
            return f"takes waveform of shape {_shape(shape)} only; batch and samples must be free"
        return None
    for found, wanted in zip(shape, (None, *bundle.input_shape), strict=True):
        if isinstance(found, int) and found != wanted:
            promised = ("batch", *("any" if length is None else length for length in bundle.input_shape))
            return f"takes features of shape {_shape(shape)}, but card.json promises {_shape(promised)}"
    return None


def _check_inputs(inputs: object, bundle: Bundle) -> None:
    import numpy as np

    card, shape = bundle.card, bundle.input_shape
    is_waveform = card.features is None
    name = "waveforms" if is_waveform else "features"
    axes = ("samples",) if is_waveform else tuple("any" if length is None else length for length in shape)
    if not isinstance(inputs, np.ndarray) or inputs.dtype != np.float32 or inputs.ndim != 1 + len(shape):
        found = (
            f"{inputs.dtype} {_shape(inputs.shape)}" if isinstance(inputs, np.ndarray) else type(inputs).__name__
        )
        raise UsageError(f"{name} must be a float32 array {_shape(('batch', *axes))}, not {found}")
    if is_waveform and (not len(inputs) or inputs.shape[1] < card.minimum_samples):
        raise UsageError(
            f"waveforms of shape {_shape(inputs.shape)} are too short: {card.name} takes at least one of "
            f"{card.minimum_samples} samples ({card.minimum_seconds:g} s)"
        )
    if not inputs.size or any(w not in (None, n) for n, w in zip(inputs.shape[1:], shape, strict=True)):
        raise UsageError(
            f"{name} of shape {_shape(inputs.shape)} do not fit: {card.name} takes {_shape(('batch', *axes))}"
        )


def _flaw_of_output(probabilities: NDArray[np.float32], batch: int, bundle: Bundle) -> str | None:
    """Say why an output is not the probabilities that the card promises."""
    import numpy as np

    shape, card = probabilities.shape, bundle.card
    is_by_label = card.kind != "speech"
    if len(shape) != 2 or shape[0] != batch or (shape[1] != len(card.labels) if is_by_label else not shape[1]):
        wanted = f"({batch}, {len(card.labels)})" if is_by_label else f"({batch}, n_frames)"
        return f"an array of shape {_shape(shape)} instead of {wanted}"
    if not np.isfinite(probabilities).all():
        given = "samples of the waveform" if card.features is None else "features"
        return f"numbers that are not finite; are all {given} finite?"
    if not -_SLACK <= probabilities.min() <= probabilities.max() <= 1.0 + _SLACK:
        return f"numbers outside of [0, 1] ({probabilities.min():g} to {probabilities.max():g})"
    if is_by_label and np.abs(probabilities.sum(axis=1) - 1.0).max() > 10 * _SLACK:
        return "probabilities that do not sum to 1"
    return None


def _shape(shape: Any) -> str:
    return plain("(" + ", ".join(str(length) for length in shape) + ")")
