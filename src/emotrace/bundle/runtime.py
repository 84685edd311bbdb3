"""Run a bundle's graph."""

from __future__ import annotations

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

INPUT, OUTPUT = "waveform", "probabilities"
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

    def predict(self, waveforms: NDArray[np.float32], threads: int = 1) -> NDArray[np.float32]:
        """Give the probabilities of a batch of waveforms of equal length.

        Parameters
        ----------
        waveforms
            float32 ``(batch, samples)`` in [-1, 1] at the card's sampling rate, at least
            ``card.minimum_samples`` long.
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
            If ``waveforms`` is of another type or shape, or too short.
        BundleError
            If the model cannot be run, or what it gives are no probabilities.
        """
        _check_waveforms(waveforms, self.card)
        session = self.session(threads)
        try:
            (probabilities,) = session.run([OUTPUT], {INPUT: waveforms})
        except Exception as error:  # onnxruntime's exceptions have no common base
            raise self._error(f"{MODEL_FILE} cannot be run: {_tell(error)}") from None
        flaw = _flaw_of_output(probabilities, len(waveforms), self.card)
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


def _open_session(bundle: Bundle, threads: int) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = threads
    # Errors come as exceptions; the log would say them a second time.
    options.log_severity_level = _FATAL_ONLY
    # onnxruntime would else guess from the first bytes whether this is its own format.
    options.add_session_config_entry("session.load_model_format", "ONNX")
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
        flaw = _flaw_of_graph(session, bundle.card)
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise bundle._error(f"onnxruntime refuses {MODEL_FILE}: {_tell(error)}") from None
    if flaw:
        raise bundle._error(f"{MODEL_FILE} {flaw}")
    return session


def _tell(error: Exception) -> str:
    """Keep of onnxruntime's message what it says; the code and the place in its sources come first."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : ", "", one_line(error, 10_000))
    return text if len(text) <= 240 else "…" + text[-200:]


def _flaw_of_graph(session: InferenceSession, card: Card) -> str | None:
    """Say what of the graph's inputs and outputs does not fit the card."""
    inputs, outputs = session.get_inputs(), {node.name: node for node in session.get_outputs()}
    if [node.name for node in inputs] != [INPUT]:
        names = plain(", ".join(node.name for node in inputs)) or "nothing"
        return f"takes {names}; a bundle's graph takes '{INPUT}' and nothing else"
    if OUTPUT not in outputs:
        return f"gives {plain(', '.join(outputs)) or 'nothing'}; a bundle's graph gives '{OUTPUT}'"
    for node in (inputs[0], outputs[OUTPUT]):
        if node.type != "tensor(float)" or (node.shape and len(node.shape) != 2):
            found = f"{node.name} as {plain(node.type)} {_shape(node.shape)}"
            return f"has {found}; it must be float32 with two axes"
    if any(isinstance(length, int) for length in inputs[0].shape):
        return f"takes {INPUT} of shape {_shape(inputs[0].shape)} only; batch and samples must be free"
    width = outputs[OUTPUT].shape[1] if outputs[OUTPUT].shape else None
    if card.kind == "emotion" and isinstance(width, int) and width != len(card.labels):
        return f"gives {width} probabilities, but card.json names {len(card.labels)} labels"
    return None


def _check_waveforms(waveforms: object, card: Card) -> None:
    import numpy as np

    if not isinstance(waveforms, np.ndarray) or waveforms.dtype != np.float32 or waveforms.ndim != 2:
        found = (
            f"{waveforms.dtype} {_shape(waveforms.shape)}"
            if isinstance(waveforms, np.ndarray)
            else type(waveforms).__name__
        )
        raise UsageError(f"waveforms must be a float32 array (batch, samples), not {found}")
    if not len(waveforms) or waveforms.shape[1] < card.minimum_samples:
        raise UsageError(
            f"waveforms of shape {_shape(waveforms.shape)} are too short: {card.name} takes at least one of "
            f"{card.minimum_samples} samples ({card.minimum_seconds:g} s)"
        )


def _flaw_of_output(probabilities: NDArray[np.float32], batch: int, card: Card) -> str | None:
    """Say why an output is not the probabilities that the card promises."""
    import numpy as np

    shape = probabilities.shape
    is_emotion = card.kind == "emotion"
    if len(shape) != 2 or shape[0] != batch or (shape[1] != len(card.labels) if is_emotion else not shape[1]):
        wanted = f"({batch}, {len(card.labels)})" if is_emotion else f"({batch}, n_frames)"
        return f"an array of shape {_shape(shape)} instead of {wanted}"
    if not np.isfinite(probabilities).all():
        return "numbers that are not finite; are all samples of the waveform finite?"
    if not -_SLACK <= probabilities.min() <= probabilities.max() <= 1.0 + _SLACK:
        return f"numbers outside of [0, 1] ({probabilities.min():g} to {probabilities.max():g})"
    if is_emotion and np.abs(probabilities.sum(axis=1) - 1.0).max() > 10 * _SLACK:
        return "probabilities that do not sum to 1"
    return None


def _shape(shape: Any) -> str:
    return plain("(" + ", ".join(str(length) for length in shape) + ")")
