"""The recogniser: a bundle, a speech detector and a choice of labels, ready for files and signals."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.channels import Channel
from emotrace.audio.limits import DEFAULT_LIMITS, Limits
from emotrace.audio.load import open_stream
from emotrace.audio.resample import resample
from emotrace.audio.source import show_path
from emotrace.bundle import Bundle, load_bundle
from emotrace.errors import DecodeError, LimitError, UsageError
from emotrace.hear.engine import Engine
from emotrace.hear.judge import Judge, is_enough_speech, no_speech
from emotrace.hear.speech import Signal, Span, SpeechDetector
from emotrace.labels import preset_labels
from emotrace.types import Prediction, Segment, Timeline

LONGEST_CLIP_SECONDS = 600.0
"""`Recogniser.predict` gives one emotion; a longer recording has more than one."""

SHORTEST_SECONDS = 0.05
"""Nothing can be heard in a recording shorter than this."""

# Chosen on validation speakers: how a voice begins and dies away tells of its emotion, too.
_MARGIN_SECONDS = 0.5

Source: TypeAlias = "str | os.PathLike[str] | BinaryIO"
"""A file's path, or a binary stream that holds one."""


def load(
    model: str | Path | None = None,
    labels: str | Sequence[str] | None = None,
    threads: int = 1,
    limits: Limits = DEFAULT_LIMITS,
) -> Recogniser:
    """Load a recogniser.

    Parameters
    ----------
    model
        A bundle's folder or zip; None for the one shipped with emotrace.
    labels
        A preset of `emotrace.labels.PRESETS`, ``"all"``, or emotions; None for the bundle's own default.
    threads
        Most threads that one run of the model may use.
    limits
        The largest recording that is accepted.

    Raises
    ------
    BundleError, LabelError
        If the bundle cannot be used, or cannot give these labels.

    Examples
    --------
    >>> import emotrace
    >>> recogniser = emotrace.load(labels="call4")
    >>> recogniser.labels
    ('calm', 'happiness', 'sadness', 'anger')
    """
    return Recogniser(load_bundle(model), load_bundle("speech"), labels, threads, limits)


class Recogniser:
    """Hears emotion in recordings and signals. Made by `emotrace.load`; safe to share between threads."""

    def __init__(
        self,
        bundle: Bundle,
        speech_bundle: Bundle,
        labels: str | Sequence[str] | None = None,
        threads: int = 1,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.bundle = bundle
        self.speech_bundle = speech_bundle
        self._judge = Judge(bundle, _choose_labels(bundle, labels), threads)
        self._detector = SpeechDetector(speech_bundle, threads)
        self._limits = limits
        if bundle.card.sampling_rate != speech_bundle.card.sampling_rate:
            raise UsageError(
                f"bundle '{bundle.card.name}' wants {bundle.card.sampling_rate} Hz, but the speech detector "
                f"{speech_bundle.card.sampling_rate} Hz; they must agree"
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions this recogniser chooses between."""
        return self._judge.labels

    @property
    def sampling_rate(self) -> int:
        """The rate of the signals it hears, in Hz."""
        return self.bundle.card.sampling_rate

    def engine(
        self,
        window_seconds: float | None = None,
        hop_seconds: float | None = None,
        file: str = "",
        channel: str = "mix",
        lookahead_seconds: float | None = None,
    ) -> Engine:
        """Start an engine for one stream of signals at `sampling_rate`; by default with the card's window.

        A hop alone that is longer than the card's window widens the window to it. Windows are centred on their
        hops unless a look-ahead is given.
        """
        card = self.bundle.card
        hop = hop_seconds if hop_seconds is not None else min(card.hop_seconds, window_seconds or math.inf)
        window = window_seconds if window_seconds is not None else max(card.window_seconds, hop)
        return Engine(self._judge, self._detector, window, hop, file, channel, lookahead_seconds)

    def warm_up(self, seconds: float = 1.0) -> None:
        """Hear a little noise, so that no first clip waits for what is made only once."""
        noise = np.random.default_rng(0).normal(0.0, 0.1, round(seconds * self.sampling_rate)).astype(np.float32)
        self._detector.find_all(noise)
        self._judge.probabilities(noise)

    def predict(
        self,
        source: Source | NDArray[np.float32],
        sampling_rate: int | None = None,
        channel: Channel = "mix",
    ) -> Prediction:
        """Give one prediction for one clip.

        The clip is judged from its first to its last speech; where that is longer than the bundle's window,
        evenly spaced windows are averaged, each counting as much as it holds speech. A bundle whose features were
        taken of whole clips hears the whole clip at once, as in training.

        Parameters
        ----------
        source
            A file's path, an open binary file, or a signal of shape (n_samples,), float32 in [-1, 1].
        sampling_rate
            Of the signal, in Hz; not needed for a file.
        channel
            Of a file: counted from 0, or ``"mix"``.

        Raises
        ------
        AudioError
            If the file cannot be used; `LimitError` if it is longer than ten minutes: `analyze` is for those.
        UsageError
            If a signal comes without its sampling rate, or has another shape.
        """
        signal, file = self._read_clip(source, sampling_rate, channel)
        where = Segment(0.0, signal.size / self.sampling_rate)
        spans = self._detector.find_all(signal)
        speech_seconds = sum(end - start for start, end in spans) / self.sampling_rate
        if not is_enough_speech(speech_seconds, where):
            return no_speech(where, speech_seconds, file, str(channel))
        if self._judge.hears_whole_clips:
            probabilities = self._judge.probabilities(signal)
        else:
            probabilities = self._average(signal, spans)
        return self._judge.name(probabilities, where, speech_seconds, file, str(channel))

    def _average(self, signal: Signal, spans: list[Span]) -> NDArray[np.float64]:
        """Give the mean of evenly spaced windows from the first to the last speech, weighted by their speech."""
        margin = round(_MARGIN_SECONDS * self.sampling_rate)
        first, last = max(0, spans[0][0] - margin), min(signal.size, spans[-1][1] + margin)
        sums, weights = np.zeros(len(self.bundle.card.labels)), 0.0
        for start, end in self._windows(first, last):
            weight = sum(max(0, min(e, end) - max(s, start)) for s, e in spans)
            if weight > 0:
                sums += weight * self._judge.probabilities(signal[start:end])
                weights += weight
        return np.asarray(sums / weights)

    def analyze(
        self,
        source: Source | NDArray[np.float32],
        sampling_rate: int | None = None,
        channel: Channel = "mix",
        window_seconds: float | None = None,
        hop_seconds: float | None = None,
    ) -> Timeline:
        """Give the timeline of one channel (or the mix) of a recording of any length.

        Parameters
        ----------
        source, sampling_rate, channel
            As for `predict`. A file is read in blocks: memory does not grow with its length.
        window_seconds, hop_seconds
            How much is heard at once, and how far it moves; by default the bundle's.
        """
        if isinstance(source, np.ndarray):
            signal = self._to_own_rate(source, sampling_rate)
            engine = self.engine(window_seconds, hop_seconds)
            predictions = [*engine.push(signal), *engine.close()]
            return self._timeline(engine, predictions, "", "mix")
        return self._analyze_file(source, channel, window_seconds, hop_seconds)[0]

    def analyze_each(
        self, path: Source, window_seconds: float | None = None, hop_seconds: float | None = None
    ) -> list[Timeline]:
        """Give the timeline of every channel of a file, which is decoded once."""
        return self._analyze_file(path, "each", window_seconds, hop_seconds)

    def _analyze_file(
        self,
        path: Source,
        channel: Channel | Literal["each"],
        window_seconds: float | None,
        hop_seconds: float | None,
    ) -> list[Timeline]:
        file = _name_of(path)
        with open_stream(path, self.sampling_rate, channel, self._limits) as stream:
            names = [str(n) for n in range(stream.recording.n_channels)] if channel == "each" else [str(channel)]
            engines = [self.engine(window_seconds, hop_seconds, file, name) for name in names]
            predictions: list[list[Prediction]] = [[] for _ in names]
            for block in stream:
                for row, engine, found in zip(np.atleast_2d(block), engines, predictions, strict=True):
                    found += engine.push(row)
        _refuse_too_short(engines[0].duration, file)
        for engine, found in zip(engines, predictions, strict=True):
            found += engine.close()
        return [
            self._timeline(engine, found, file, name)
            for engine, found, name in zip(engines, predictions, names, strict=True)
        ]

    def _timeline(self, engine: Engine, predictions: list[Prediction], file: str, channel: str) -> Timeline:
        return Timeline(
            file=file,
            channel=channel,
            duration=engine.duration,
            predictions=tuple(predictions),
            speech=engine.speech(),
            labels=self.labels,
            model=self.bundle.card.name,
            settings={"window_seconds": engine.window_seconds, "hop_seconds": engine.hop_seconds},
        )

    def _read_clip(
        self, source: Source | NDArray[np.float32], sampling_rate: int | None, channel: Channel
    ) -> tuple[Signal, str]:
        if isinstance(source, np.ndarray):
            return self._to_own_rate(source, sampling_rate), ""
        with open_stream(source, self.sampling_rate, channel, self._limits) as stream:
            file = _name_of(source)
            blocks, n_samples = [], 0
            for block in stream:
                blocks.append(block)
                n_samples += block.size
                if n_samples > LONGEST_CLIP_SECONDS * self.sampling_rate:
                    raise LimitError(
                        f"{show_path(file)}: longer than {LONGEST_CLIP_SECONDS:g} s, too long for one emotion; "
                        "use `emotrace analyze` (Recogniser.analyze) for a timeline"
                    )
        _refuse_too_short(n_samples / self.sampling_rate, file)
        return np.concatenate(blocks), file

    def _to_own_rate(self, signal: NDArray[np.float32], sampling_rate: int | None) -> Signal:
        if sampling_rate is None:
            raise UsageError("a signal needs its sampling rate: predict(signal, sampling_rate=...)")
        if signal.ndim != 1 or signal.size == 0:
            raise UsageError(f"a signal must have shape (n_samples,) with at least one sample, got {signal.shape}")
        if not np.issubdtype(signal.dtype, np.floating):
            raise UsageError(
                f"a signal must hold floats in [-1, 1], got {signal.dtype}; divide integers by their range"
            )
        if not np.isfinite(signal).all():
            raise UsageError("the signal holds samples that are NaN or infinite")
        _refuse_too_short(signal.size / sampling_rate, "the signal")
        return resample(signal.astype(np.float32), sampling_rate, self.sampling_rate)

    def _windows(self, first: int, last: int) -> list[tuple[int, int]]:
        """Cover ``[first, last)`` evenly with windows that overlap by half or more."""
        window = round(self.bundle.card.window_seconds * self.sampling_rate)
        spare = last - first - window
        if spare <= 0:
            return [(first, last)]
        n_windows = math.ceil(spare / (window / 2)) + 1
        starts = np.linspace(first, first + spare, n_windows).round().astype(int)
        return [(int(start), int(start) + window) for start in starts]


def _choose_labels(bundle: Bundle, labels: str | Sequence[str] | None) -> tuple[str, ...]:
    if labels is None:
        return bundle.card.shown_labels
    wanted = labels if isinstance(labels, str) else ",".join(labels)
    return preset_labels(wanted, bundle.card.labels)


def _refuse_too_short(seconds: float, name: str) -> None:
    if seconds < SHORTEST_SECONDS:
        raise DecodeError(
            f"{show_path(name)}: only {seconds:.3g} s long; at least {SHORTEST_SECONDS:g} s are needed"
        )


def _name_of(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "<stream>"
