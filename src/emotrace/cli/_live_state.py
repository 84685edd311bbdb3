"""What the live view knows: the newest result, the last minute, the level of the sound."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emotrace.hear.session import StreamResult
from emotrace.labels import NO_SPEECH
from emotrace.reports._summary import UNCERTAIN
from emotrace.types import Prediction

MINUTE_SECONDS = 60.0
SILENT_DBFS = -60.0
_FALL_DB_PER_SECOND = 24.0
_PEAK_SECONDS = 1.5
_CLIPPED = 0.999


@dataclass
class LiveState:
    """What has been heard so far; nothing in it grows with time.

    Attributes
    ----------
    seconds
        How much sound has come.
    current
        The newest result, interim or final.
    finals
        Those of the last minute.
    shares
        Seconds of speech by emotion, or `UNCERTAIN`; all finals.
    level_dbfs
        RMS level, falling slowly after it was loud; ``peak_dbfs`` its highest of the last 1.5 s.
    clipped_at
        When the sound was last as loud as the samples can say.
    """

    seconds: float = 0.0
    current: Prediction | None = None
    finals: deque[Prediction] = field(default_factory=deque)
    shares: dict[str, float] = field(default_factory=dict)
    level_dbfs: float = SILENT_DBFS
    peak_dbfs: float = SILENT_DBFS
    clipped_at: float = -math.inf
    _peak_at: float = 0.0

    @property
    def is_clipping(self) -> bool:
        """Whether the sound has been too loud for its samples a moment ago."""
        return self.seconds - self.clipped_at < _PEAK_SECONDS

    def take(self, signal: NDArray[np.float32] | None, results: Sequence[StreamResult], seconds: float) -> None:
        """Take what has come, shape (n_samples,), and what was made of it; ``seconds`` have come in all."""
        passed, self.seconds = seconds - self.seconds, seconds
        if signal is not None and signal.size:
            self._measure(signal, passed)
        for result in results:
            self.current = result.prediction
            if result.is_final:
                self._count(result.prediction)
        while self.finals and self.finals[0].segment.end < seconds - 2.0 * MINUTE_SECONDS:
            self.finals.popleft()

    def _measure(self, signal: NDArray[np.float32], passed: float) -> None:
        power = float(np.var(signal, dtype=np.float64))
        level = 10.0 * math.log10(power) if power > 0.0 else SILENT_DBFS
        level = min(max(level, SILENT_DBFS), 0.0)
        self.level_dbfs = max(level, self.level_dbfs - _FALL_DB_PER_SECOND * passed)
        if level >= self.peak_dbfs or self.seconds - self._peak_at > _PEAK_SECONDS:
            self.peak_dbfs, self._peak_at = level, self.seconds
        if float(np.abs(signal).max()) >= _CLIPPED:
            self.clipped_at = self.seconds

    def _count(self, prediction: Prediction) -> None:
        self.finals.append(prediction)
        key = UNCERTAIN if prediction.uncertain else prediction.emotion
        if prediction.emotion != NO_SPEECH:
            self.shares[key] = self.shares.get(key, 0.0) + prediction.speech_seconds
