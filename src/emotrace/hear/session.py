"""A session: one live conversation, raw audio of any rate and encoding in, predictions out as they can be made.

How the default hop and look-ahead were chosen, with the shipped bundle and its window of 3 s. *Like centred*:
share of time with the label that windows centred on hops of 1.5 s give (10 channels of calls and meetings, 307 s
of speech). *In a row*: share of time with the right label where clips of one speaker follow one another, an
emotion lasting about 3 s (14 speakers, 564 s of speech). *Last final*: accuracy of the last final with speech
(773 clips; whole clips judged at once have 0.771). All labelled speech is of the bundle's validation speakers.

====  ==========  ============  ========  ==========
hop   look-ahead  like centred  in a row  last final
====  ==========  ============  ========  ==========
0.5   0                  0.588     0.519       0.770
0.5   0.25               0.640     0.604       0.771
0.5   0.5                0.660     0.644       0.757
0.5   0.75               0.783     0.690       0.745
0.75  0                  0.602     0.576       0.772
0.75  0.25               0.663     0.624       0.763
0.75  0.5                0.702     0.670       0.748
0.75  0.75               0.825     0.715       0.734
1     0                  0.645     0.597       0.765
1     0.25               0.725     0.658       0.762
1     0.5                0.691     0.678       0.737
1     0.75               0.819     0.706       0.722
1.5   centred     1                0.703       0.704
====  ==========  ============  ========  ==========

Half a second of look-ahead is worth most where emotions change, and costs little at the end of a clip; beyond it,
every result comes later for less. A hop of 1 s is as good as one of 0.75 s (an accuracy of 773 clips is good
to 0.03 either way), changes its label less often and needs three quarters of the computing; its price is that the
beginning of a hop is judged a quarter of a second later.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.channels import Channel, check_channel, select_channel
from emotrace.audio.pcm import PcmReader
from emotrace.audio.resample import Resampler
from emotrace.errors import DecodeError, UsageError
from emotrace.hear.baseline import Baseline
from emotrace.hear.recognizer import Recogniser
from emotrace.hear.smoothing import Smoother, Smoothing
from emotrace.types import Prediction

LIVE_HOP_SECONDS = 1.0
"""How far the window of a session moves, by default."""

LIVE_LOOKAHEAD_SECONDS = 0.5
"""How much a session hears after a hop before it judges it, by default."""

SHORTEST_INTERIM_SECONDS = 0.1
"""Interim results cannot be asked for more often than this: each one costs a run of the model."""

LOWEST_RATE, HIGHEST_RATE = 4_000, 192_000
"""Sampling rates of a session, in Hz."""


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What a session gives: a prediction, and whether it is final.

    Finals tile the time, each is given once, and none is taken back. An interim result says what can be said now
    of the newest stretch; later results replace it.
    """

    prediction: Prediction
    is_final: bool

    def to_dict(self) -> dict[str, Any]:
        """Give the prediction's record and ``is_final``."""
        return {**self.prediction.to_dict(), "is_final": self.is_final}


class Session:
    """One live conversation of one channel: push what comes, get results, close.

    Parameters
    ----------
    recogniser
        What hears; one may serve any number of sessions, in any threads. A session itself may be pushed from any
        thread, but from one at a time.
    sampling_rate
        Of what is pushed, in Hz, 4,000 to 192,000.
    encoding
        Of bytes that are pushed, one of `emotrace.audio.pcm.ENCODINGS`.
    n_channels
        How many channels are pushed.
    channel
        The one that is heard, counted from 0, or ``"mix"`` for the mean of all.
    window_seconds, hop_seconds, lookahead_seconds
        How much is heard at once, how far it moves, and how much is heard after a hop before it is judged. By
        default the model's window, `LIVE_HOP_SECONDS` and `LIVE_LOOKAHEAD_SECONDS`, or less in a short window.
    interim_seconds
        Give an interim result at most this often, in seconds of audio, 0.1 or more; None gives finals only.
    smoothing
        Smooth the results; None gives them as the model does.
    baseline
        The ordinary voice of who speaks, as `Recogniser.adapt` has heard it; None takes the recogniser's own, if
        it has one.
    file, name
        Written into each prediction as ``file`` and ``channel``; the name is that of the channel by default.

    Raises
    ------
    UsageError, AudioError
        If a setting cannot be had; the sentence says what is allowed.

    Examples
    --------
    >>> import emotrace
    >>> session = Session(emotrace.load(), 8_000, encoding="mulaw", interim_seconds=0.5)
    >>> results = session.push(b"\\xff" * 8_000) + session.close()
    >>> [(result.prediction.emotion, result.is_final) for result in results]
    [('no speech', False), ('no speech', True)]
    """

    def __init__(
        self,
        recogniser: Recogniser,
        sampling_rate: int,
        *,
        encoding: str = "s16le",
        n_channels: int = 1,
        channel: Channel = "mix",
        window_seconds: float | None = None,
        hop_seconds: float | None = None,
        lookahead_seconds: float | None = None,
        interim_seconds: float | None = None,
        smoothing: Smoothing | None = None,
        baseline: Baseline | None = None,
        file: str = "",
        name: str | None = None,
    ) -> None:
        _check_rate(sampling_rate)
        _check_interim(interim_seconds)
        self._reader = PcmReader(encoding, n_channels)
        check_channel(channel, n_channels, "the stream")
        if baseline is not None:
            recogniser = recogniser.with_baseline(baseline)
        self._recogniser, self._rate = recogniser, sampling_rate
        self._encoding, self._n_channels, self._channel = encoding, n_channels, channel
        self._resampler = Resampler(sampling_rate, recogniser.sampling_rate)
        card = recogniser.bundle.card
        hop = (
            hop_seconds
            if hop_seconds is not None
            else min(LIVE_HOP_SECONDS, window_seconds or card.window_seconds)
        )
        window = window_seconds if window_seconds is not None else max(card.window_seconds, hop)
        spare = max(0.0, window - hop)
        lookahead = lookahead_seconds if lookahead_seconds is not None else min(LIVE_LOOKAHEAD_SECONDS, spare)
        self._engine = recogniser.engine(window, hop, file, str(channel) if name is None else name, lookahead)
        self._smoother = None if smoothing is None else Smoother(smoothing)
        self._interim_seconds = interim_seconds
        self._next_interim = interim_seconds if interim_seconds is not None else math.inf
        self._final_end = 0.0
        self._n_pushed = 0
        self._is_closed = False

    @property
    def duration(self) -> float:
        """Seconds pushed so far."""
        return self._n_pushed / self._rate

    @property
    def latency(self) -> float:
        """Algorithmic latency in seconds: from the end of a hop until its prediction can be given.

        The look-ahead, and what resampling holds back at most; the time for computing comes on top.
        """
        return self._engine.latency + _resampling_seconds(self._rate, self._recogniser.sampling_rate)

    def describe(self) -> dict[str, Any]:
        """Say how this session hears: what a client needs to know before its first result."""
        return {
            "model": self._recogniser.bundle.card.name,
            "labels": list(self._recogniser.labels),
            "sampling_rate": self._rate,
            "encoding": self._encoding,
            "n_channels": self._n_channels,
            "channel": self._channel,
            "window_seconds": self._engine.window_seconds,
            "hop_seconds": self._engine.hop_seconds,
            "lookahead_seconds": self._engine.latency,
            "latency_seconds": round(self.latency, 4),
            "interim_seconds": self._interim_seconds,
            "smoothing": None if self._smoother is None else asdict(self._smoother.smoothing),
            **_describe_baseline(self._recogniser.baseline),
        }

    def push(self, data: bytes | bytearray | memoryview | NDArray[np.float32]) -> list[StreamResult]:
        """Take what comes next, and give what can now be said.

        Parameters
        ----------
        data
            Bytes in the session's encoding, cut anywhere; or floats in [-1, 1] (beyond are clipped) of shape
            (n_samples,) or (n_channels, n_samples).

        Returns
        -------
        The finals that have become possible, in order of time, and perhaps one interim result at the end.

        Raises
        ------
        DecodeError, UsageError
            If ``data`` are no samples: of another type or shape, or NaN or infinite. Nothing of them is taken, and
            the session goes on as if they had not come.
        UsageError
            After `close`.
        BundleError
            If the model fails. The session is closed then.
        """
        if self._is_closed:
            raise UsageError("this session is closed; start a new one for the next conversation")
        block = self._read_array(data) if isinstance(data, np.ndarray) else self._reader.push(data)
        self._n_pushed += block.shape[1]
        return self._hear(self._resampler.push(select_channel(block, self._channel)))

    def close(self) -> list[StreamResult]:
        """End the conversation, and give the finals still open; a second call gives none.

        Bytes of an unfinished sample are dropped.
        """
        if self._is_closed:
            return []
        self._reader.close()
        self._next_interim = math.inf
        results = self._hear(self._resampler.close())
        self._is_closed = True
        return [*results, *self._finish(self._engine.close())]

    def _read_array(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        if not np.issubdtype(signal.dtype, np.floating):
            raise UsageError(f"an array must hold floats in [-1, 1], got {signal.dtype}; divide by its range")
        block = signal[np.newaxis] if signal.ndim == 1 else signal
        if block.ndim != 2 or len(block) != self._n_channels:
            shape = "(n_samples,)" if self._n_channels == 1 else f"({self._n_channels}, n_samples)"
            raise UsageError(f"an array must have shape {shape}, got {signal.shape}")
        if not np.isfinite(block).all():
            raise DecodeError("the array holds samples that are NaN or infinite")
        return np.clip(block, -1.0, 1.0).astype(np.float32)

    def _hear(self, signal: NDArray[np.float32]) -> list[StreamResult]:
        try:
            results = self._finish(self._engine.push(signal))
            return [*results, *self._interim()]
        except BaseException:
            # Half of a push may have been judged: going on could lose a result or give it twice.
            self._is_closed = True
            raise

    def _finish(self, predictions: list[Prediction]) -> list[StreamResult]:
        if predictions:
            self._final_end = predictions[-1].segment.end
            self._engine.forget_speech()
        smoother = self._smoother
        return [StreamResult(p if smoother is None else smoother.push(p), is_final=True) for p in predictions]

    def _interim(self) -> list[StreamResult]:
        now = self._engine.duration
        if self._interim_seconds is None or now < self._next_interim:
            return []
        self._next_interim = now + self._interim_seconds
        # Where the newest hop has just been judged, there is nothing to add.
        prediction = self._engine.peek() if now > self._final_end else None
        if prediction is None:
            return []
        return [
            StreamResult(prediction if self._smoother is None else self._smoother.peek(prediction), is_final=False)
        ]


def _describe_baseline(baseline: Baseline | None) -> dict[str, float]:
    return {} if baseline is None else {"baseline_seconds": round(baseline.speech_seconds, 3)}


def _check_rate(sampling_rate: int) -> None:
    is_number = isinstance(sampling_rate, int | np.integer) and not isinstance(sampling_rate, bool)
    if not is_number or not LOWEST_RATE <= sampling_rate <= HIGHEST_RATE:
        raise UsageError(
            f"the stream's sampling rate is {sampling_rate!r}; it must be a whole number of Hz from {LOWEST_RATE} "
            f"to {HIGHEST_RATE}"
        )


def _check_interim(seconds: float | None) -> None:
    if seconds is not None and not (SHORTEST_INTERIM_SECONDS <= seconds < math.inf):
        raise UsageError(
            f"interim_seconds is {seconds:g}; it must be at least {SHORTEST_INTERIM_SECONDS:g} s, or None for "
            "finals only"
        )


@lru_cache(maxsize=64)
def _resampling_seconds(source_rate: int, target_rate: int) -> float:
    """Measure how far the output of a resampler, fed as it is live, falls behind its input at most."""
    if source_rate == target_rate:
        return 0.0
    resampler = Resampler(source_rate, target_rate)
    block = np.zeros(source_rate // 1000, dtype=np.float32)
    n_out, most = 0, 0.0
    for n in range(1, 2001):
        # What was missing just before this block let something out was the longest wait.
        n_new = resampler.push(block).size
        if n_new:
            most = max(most, n * block.size / source_rate - n_out / target_rate)
        n_out += n_new
    return most
