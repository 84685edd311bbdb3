"""The recogniser: a bundle, a speech detector and a choice of labels, ready for files and signals."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.channels import Channel
from emotrace.audio.limits import DEFAULT_LIMITS, Limits
from emotrace.audio.load import open_stream
from emotrace.audio.resample import resample
from emotrace.audio.source import show_path
from emotrace.bundle import Bundle, load_bundle
from emotrace.errors import AudioError, AudioWarning, DecodeError, LimitError, UsageError
from emotrace.hear.baseline import LEAST_SECONDS, MOST_SECONDS, Baseline, make_baseline
from emotrace.hear.clip import HeardClip
from emotrace.hear.engine import Engine
from emotrace.hear.judge import Judge, is_enough_speech, no_speech
from emotrace.hear.sex import SexJudge
from emotrace.hear.speech import Signal, Span, SpeechDetector
from emotrace.labels import SEXES, preset_labels
from emotrace.types import Prediction, Segment, Timeline

WINDOWS_AT_ONCE = 4
"""Of a recording. An eighth of the time is saved; more of them save nothing more."""

LONGEST_CLIP_SECONDS = 600.0
"""`Recogniser.predict` gives one emotion; a longer recording has more than one."""

SHORTEST_SECONDS = 0.05
"""Nothing can be heard in a recording shorter than this."""

# Chosen on validation speakers: how a voice begins and dies away tells of its emotion, too.
_MARGIN_SECONDS = 0.5

# Half a step of the speech encoder: how its steps lie to the words changes what it hears of them.
_SHIFT_SECONDS = 0.012

Source: TypeAlias = "str | os.PathLike[str] | BinaryIO"
"""A file's path, or a binary stream that holds one."""

Clip: TypeAlias = "Source | NDArray[np.float32]"
"""A source, or a signal of shape (n_samples,), float32 in [-1, 1]."""


def load(
    model: str | Path | None = None,
    labels: str | Sequence[str] | None = None,
    threads: int = 1,
    limits: Limits = DEFAULT_LIMITS,
    speaker_sex: bool = False,
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
    speaker_sex
        Whether `Recogniser.predict` also says how far the voice sounds female or male, with the bundle ``sex``
        that is shipped with emotrace.

    Raises
    ------
    BundleError, LabelError
        If a bundle cannot be used, or cannot give these labels.

    Examples
    --------
    >>> import emotrace
    >>> recogniser = emotrace.load(labels="call4")
    >>> recogniser.labels
    ('calm', 'happiness', 'sadness', 'anger')
    """
    sex_bundle = load_bundle("sex") if speaker_sex else None
    return Recogniser(load_bundle(model), load_bundle("speech"), labels, threads, limits, sex_bundle=sex_bundle)


class Recogniser:
    """Hears emotion in recordings and signals. Made by `emotrace.load`; safe to share between threads."""

    def __init__(
        self,
        bundle: Bundle,
        speech_bundle: Bundle,
        labels: str | Sequence[str] | None = None,
        threads: int = 1,
        limits: Limits = DEFAULT_LIMITS,
        baseline: Baseline | None = None,
        sex_bundle: Bundle | None = None,
    ) -> None:
        self.bundle = bundle
        self.speech_bundle = speech_bundle
        self.sex_bundle = sex_bundle
        self._judge = Judge(bundle, _choose_labels(bundle, labels), threads, baseline)
        self._detector = SpeechDetector(speech_bundle, threads)
        self._sex_judge = None if sex_bundle is None else SexJudge(sex_bundle, threads)
        self._threads, self._limits = threads, limits
        for what, other in (("the speech detector", speech_bundle), ("the bundle of speakers' sex", sex_bundle)):
            if other is not None and other.card.sampling_rate != bundle.card.sampling_rate:
                raise UsageError(
                    f"bundle '{bundle.card.name}' wants {bundle.card.sampling_rate} Hz, but {what} "
                    f"{other.card.sampling_rate} Hz; they must agree"
                )

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions this recogniser chooses between."""
        return self._judge.labels

    @property
    def sampling_rate(self) -> int:
        """The rate of the signals it hears, in Hz."""
        return self.bundle.card.sampling_rate

    @property
    def baseline(self) -> Baseline | None:
        """Whose ordinary voice it knows, see `adapt`; None for nobody's."""
        return self._judge.baseline

    def adapt(
        self,
        clips: Clip | Sequence[Clip],
        sampling_rate: int | None = None,
        channel: Channel = "mix",
    ) -> Recogniser:
        """Give a recogniser that knows how one person speaks when nothing is the matter.

        What this one would hear in that ordinary voice beyond the usual is taken back, in clips, timelines and
        streams, the more the more speech there is; see `emotrace.hear.baseline`. This recogniser stays as it is.

        Parameters
        ----------
        clips
            Recordings or signals of the person's ordinary voice, one or several, as for `predict`: together 10
            to 30 s of speech are best, 5 s are needed, and the first 60 s are used. Of a file the first ten
            minutes are heard.
        sampling_rate, channel
            As for `predict`.

        Raises
        ------
        AudioError
            If a file cannot be used, or there is too little speech in all of them.
        UsageError
            If the bundle has no label for an ordinary voice, or as `predict`.

        Warns
        -----
        AudioWarning
            If there is more than is used.

        Examples
        --------
        >>> import emotrace
        >>> recogniser = emotrace.load()
        >>> demo_call = recogniser.bundle.path.parent / "demo-call.flac"
        >>> recogniser.adapt(demo_call, channel=1).baseline.n_windows > 10
        True
        """
        sources: list[Clip] = list(clips) if isinstance(clips, list | tuple) else [cast(Clip, clips)]
        heard: list[HeardClip] = []
        seconds, is_more = 0.0, False
        for source in sources:
            if seconds >= MOST_SECONDS:
                is_more = True
                break
            signal, _, is_cut = self._read_clip(source, sampling_rate, channel)
            clip, is_rest = self._hear(signal, MOST_SECONDS - seconds)
            is_more |= is_cut or is_rest
            if clip.weights.size:
                heard.append(clip)
                seconds += clip.speech_seconds
        name = _name_all(sources)
        if seconds < LEAST_SECONDS:
            raise AudioError(
                f"a baseline needs {LEAST_SECONDS:g} s of speech or more, but only "
                f"{math.floor(10 * seconds) / 10:g} s were heard in {name}; record 10 to 30 s of the person's "
                "ordinary voice"
            )
        if is_more:
            warnings.warn(
                AudioWarning(
                    f"{name}: the first {seconds:.0f} s of speech make the baseline, the rest is not heard"
                ),
                stacklevel=2,
            )
        return self.with_baseline(make_baseline(self.bundle.card, heard))

    def with_baseline(self, baseline: Baseline | None) -> Recogniser:
        """Give a recogniser that knows this ordinary voice and no other; None for nobody's.

        Raises
        ------
        UsageError
            If the baseline was heard by another model.
        """
        return Recogniser(
            self.bundle,
            self.speech_bundle,
            self.labels,
            self._threads,
            self._limits,
            baseline,
            self.sex_bundle,
        )

    def engine(
        self,
        window_seconds: float | None = None,
        hop_seconds: float | None = None,
        file: str = "",
        channel: str = "mix",
        lookahead_seconds: float | None = None,
        at_once: int = 1,
    ) -> Engine:
        """Start an engine for one stream of signals at `sampling_rate`; by default with the card's window.

        A hop alone that is longer than the card's window widens the window to it. Windows are centred on their
        hops unless a look-ahead is given. Where nobody waits for single predictions, `WINDOWS_AT_ONCE` are faster.
        """
        card = self.bundle.card
        hop = hop_seconds if hop_seconds is not None else min(card.hop_seconds, window_seconds or math.inf)
        window = window_seconds if window_seconds is not None else max(card.window_seconds, hop)
        return Engine(self._judge, self._detector, window, hop, file, channel, lookahead_seconds, at_once)

    def warm_up(self, seconds: float = 1.0) -> None:
        """Hear a little noise, so that no first clip waits for what is made only once."""
        noise = np.random.default_rng(0).normal(0.0, 0.1, round(seconds * self.sampling_rate)).astype(np.float32)
        self._detector.find_all(noise)
        self._judge.probabilities([noise])

    def predict(
        self,
        source: Clip,
        sampling_rate: int | None = None,
        channel: Channel = "mix",
    ) -> Prediction:
        """Give one prediction for one clip.

        The clip is judged from its first to its last speech: twice, 12 ms apart, and the mean is taken. Where that
        is longer than the bundle's window, evenly spaced windows are averaged, each counting as much as it holds
        speech. A bundle whose features were taken of whole clips hears the whole clip at once, as in training.
        With a bundle of speakers' sex, that one hears the same windows.

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
        signal, file, is_cut = self._read_clip(source, sampling_rate, channel)
        if is_cut:
            raise LimitError(
                f"{show_path(file)}: longer than {LONGEST_CLIP_SECONDS:g} s, too long for one emotion; "
                "use `emotrace analyze` (Recogniser.analyze) for a timeline"
            )
        clip, _ = self._hear(signal)
        where = Segment(0.0, clip.seconds)
        if not clip.weights.size:
            silence = no_speech(where, clip.speech_seconds, file, str(channel))
            return replace(silence, speaker_sex=clip.speaker_sex)
        probabilities = replace(clip, probabilities=self._judge.adapt(clip.probabilities)).mean
        prediction = self._judge.name(probabilities, where, clip.speech_seconds, file, str(channel))
        return replace(prediction, speaker_sex=clip.speaker_sex)

    def hear(self, source: Clip, sampling_rate: int | None = None, channel: Channel = "mix") -> HeardClip:
        """Give what the model says of the windows of a clip, from which `predict` and `adapt` make theirs.

        Of a file the first ten minutes are heard. Labels and baseline have no say. Parameters and errors as
        `predict`.
        """
        return self._hear(self._read_clip(source, sampling_rate, channel)[0])[0]

    def _hear(self, signal: Signal, most_seconds: float = math.inf) -> tuple[HeardClip, bool]:
        """Hear a clip up to so much speech, and say whether there is more."""
        every = self._detector.find_all(signal)
        spans = _first_of(every, most_seconds * self.sampling_rate)
        is_rest = _total(spans) < _total(every)
        if is_rest and spans:
            signal = signal[: spans[-1][1]]
        seconds, speech_seconds = (n / self.sampling_rate for n in (signal.size, _total(spans)))
        windows: list[tuple[float, Signal]] = []
        if is_enough_speech(speech_seconds, Segment(0.0, seconds)):
            whole = self._judge.hears_whole_clips
            windows = [(speech_seconds, signal)] if whole else list(self._cut_windows(signal, spans))
        sexes = None if self._sex_judge is None else _hear_each(self._sex_judge, windows, len(SEXES))
        heard = HeardClip(
            seconds,
            speech_seconds,
            weights=np.array([weight for weight, _ in windows]),
            probabilities=_hear_each(self._judge, windows, len(self.bundle.card.labels)),
            sexes=sexes,
        )
        return heard, is_rest

    def _cut_windows(self, signal: Signal, spans: list[Span]) -> Iterator[tuple[float, Signal]]:
        """Cut evenly spaced windows from the first to the last speech; give each one's seconds of speech, too."""
        margin = round(_MARGIN_SECONDS * self.sampling_rate)
        first, last = max(0, spans[0][0] - margin), min(signal.size, spans[-1][1] + margin)
        for start, end in self._windows(first, last):
            n_spoken = sum(max(0, min(e, end) - max(s, start)) for s, e in spans)
            if n_spoken > 0:
                yield n_spoken / self.sampling_rate, signal[start:end]

    def analyze(
        self,
        source: Clip,
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
            engine = self.engine(window_seconds, hop_seconds, at_once=WINDOWS_AT_ONCE)
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
            engines = [
                self.engine(window_seconds, hop_seconds, file, name, at_once=WINDOWS_AT_ONCE) for name in names
            ]
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
            settings={
                "window_seconds": engine.window_seconds,
                "hop_seconds": engine.hop_seconds,
                **({} if self.baseline is None else {"baseline_seconds": round(self.baseline.speech_seconds, 3)}),
            },
        )

    def _read_clip(self, source: Clip, sampling_rate: int | None, channel: Channel) -> tuple[Signal, str, bool]:
        """Read a clip; of a file the first ten minutes, and say whether it goes on."""
        if isinstance(source, np.ndarray):
            return self._to_own_rate(source, sampling_rate), "", False
        most = round(LONGEST_CLIP_SECONDS * self.sampling_rate)
        blocks: list[Signal] = []
        n_samples = 0
        with open_stream(source, self.sampling_rate, channel, self._limits) as stream:
            file = _name_of(source)
            for block in stream:
                blocks.append(block)
                n_samples += block.size
                if n_samples > most:
                    break
        _refuse_too_short(n_samples / self.sampling_rate, file)
        return np.concatenate(blocks)[:most], file, n_samples > most

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
        """Cover ``[first, last)`` evenly with two windows or more that overlap by half or more."""
        window = round(self.bundle.card.window_seconds * self.sampling_rate)
        spare = last - first - window
        shift = round(_SHIFT_SECONDS * self.sampling_rate)
        if spare <= shift:
            window, spare = last - first - shift, shift
        n_windows = math.ceil(spare / (window / 2)) + 1
        starts = np.linspace(first, first + spare, n_windows).round().astype(int)
        return [(int(start), int(start) + window) for start in starts]


def _choose_labels(bundle: Bundle, labels: str | Sequence[str] | None) -> tuple[str, ...]:
    if labels is None:
        return bundle.card.shown_labels
    wanted = labels if isinstance(labels, str) else ",".join(labels)
    return preset_labels(wanted, bundle.card.labels)


def _hear_each(
    judge: Judge | SexJudge, windows: Sequence[tuple[float, Signal]], n_labels: int
) -> NDArray[np.float64]:
    return np.array([judge.hear(window) for _, window in windows]).reshape(len(windows), n_labels)


def _refuse_too_short(seconds: float, name: str) -> None:
    if seconds < SHORTEST_SECONDS:
        raise DecodeError(
            f"{show_path(name)}: only {seconds:.3g} s long; at least {SHORTEST_SECONDS:g} s are needed"
        )


def _total(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)


def _first_of(spans: Sequence[Span], most_samples: float) -> list[Span]:
    """Give spans from the first one on, as many samples in all as there may be."""
    kept: list[Span] = []
    for start, end in spans:
        left = most_samples - _total(kept)
        if left < 1:
            break
        kept.append((start, end if end - start <= left else start + int(left)))
    return kept


def _name_all(clips: Sequence[Clip]) -> str:
    if len(clips) != 1:
        return f"{len(clips)} clips"
    return "the signal" if isinstance(clips[0], np.ndarray) else show_path(_name_of(clips[0]))


def _name_of(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "<stream>"
