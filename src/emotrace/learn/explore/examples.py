"""Clips to look at and listen to: one woman and one man through all emotions, saying the same where they do."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.load import load_segment
from emotrace.features._spectra import HOP_LENGTH, N_FFT, Spectra, power_to_db
from emotrace.labels import EMOTIONS
from emotrace.types import Utterance

SAMPLING_RATE = 22_050
LONGEST_SECONDS = 8.0
"""Longer clips are shown and played this far."""
N_MFCC = 20

# Envelope, RMS and zero-crossing rate of one picture have frames of half the length, after the reference project.
_ENVELOPE_HOP = 256
_ENVELOPE_FRAME = 512

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """A chosen clip; ``voice`` is its speaker's sex, or the speaker's name where that is unknown."""

    utterance: Utterance
    voice: str


@dataclass(frozen=True)
class Analysis:
    """A clip seen in every way, at 22,050 Hz.

    Attributes
    ----------
    signal
        Shape (n_samples,).
    envelope, envelope_seconds
        The largest sample of frames of 512 every 256, and the times of their centres.
    power_db, mel_db, mfcc, chroma
        Shape (n_frames, n); decibels at most 80 below the loudest value.
    rms, zero_crossing_rate, centroid_hz, roll_off_hz
        Shape (n_frames,).
    """

    signal: Matrix
    envelope: Matrix
    power_db: Matrix
    mel_db: Matrix
    mfcc: Matrix
    chroma: Matrix
    rms: Matrix
    zero_crossing_rate: Matrix
    centroid_hz: Matrix
    roll_off_hz: Matrix

    @property
    def seconds(self) -> float:
        """The length of the clip."""
        return self.signal.size / SAMPLING_RATE

    @property
    def frame_seconds(self) -> NDArray[np.float64]:
        """Centres of the frames, (n_frames,)."""
        return np.arange(len(self.mel_db)) * HOP_LENGTH / SAMPLING_RATE

    @property
    def envelope_seconds(self) -> NDArray[np.float64]:
        """Centres of the envelope's frames."""
        return (np.arange(self.envelope.size) * _ENVELOPE_HOP + _ENVELOPE_FRAME / 2) / SAMPLING_RATE


def choose_examples(
    utterances: Sequence[Utterance], seconds: Sequence[float], emotions: Sequence[str] | None = None
) -> dict[str, dict[str, Example]]:
    """Choose a clip of each emotion and voice: ``examples[emotion][voice]``.

    Of either sex the speaker with the most emotions is taken; where no sex is known, the two such speakers. Of
    each emotion the clip of the commonest sentence, the strongest intensity, and the length nearest to the usual.

    Parameters
    ----------
    utterances
        All of them can be read.
    seconds
        Their lengths.
    emotions
        Default: those that occur.
    """
    usual = statistics.median(seconds) if len(seconds) else 0.0
    wanted = emotions or [emotion for emotion in EMOTIONS if any(u.emotion == emotion for u in utterances)]
    sentences = Counter(utterance.sentence for utterance in utterances)
    chosen: dict[str, dict[str, Example]] = {emotion: {} for emotion in wanted}
    for voice, rows in _voices(utterances).items():
        for emotion in wanted:
            own = [row for row in rows if utterances[row].emotion == emotion]
            if own:
                best = min(own, key=lambda row: _rank(utterances[row], sentences, abs(seconds[row] - usual)))
                chosen[emotion][voice] = Example(utterances[best], voice)
    return {emotion: by_voice for emotion, by_voice in chosen.items() if by_voice}


def _voices(utterances: Sequence[Utterance]) -> dict[str, list[int]]:
    speakers: dict[str, list[int]] = {}
    for row, utterance in enumerate(utterances):
        speakers.setdefault(utterance.speaker, []).append(row)

    def richness(speaker: str) -> tuple[int, int, str]:
        rows = speakers[speaker]
        return (-len({utterances[row].emotion for row in rows}), -len(rows), speaker)

    ranked = sorted(speakers, key=richness)
    voices: dict[str, list[int]] = {}
    for sex in ("female", "male"):
        first = next((s for s in ranked if utterances[speakers[s][0]].sex == sex), None)
        if first is not None:
            voices[sex] = speakers[first]
    return voices or {speaker: speakers[speaker] for speaker in ranked[:2]}


def _rank(utterance: Utterance, sentences: Mapping[str | None, int], unusual: float) -> tuple[object, ...]:
    is_weak = utterance.intensity not in ("strong", "high", "xx", "hi")
    return (-sentences[utterance.sentence], utterance.sentence or "", is_weak, round(unusual, 3), utterance.file)


def compare_intensities(
    utterances: Sequence[Utterance], seconds: Sequence[float]
) -> tuple[str, dict[str, dict[str, Example]]] | None:
    """Choose the same emotion at each intensity: the emotion, and ``examples[intensity][voice]``.

    Anger, as in the reference project, or the first emotion that has more than one intensity; None if none has.
    """
    for emotion in ("anger", *EMOTIONS):
        own = [row for row, utterance in enumerate(utterances) if utterance.emotion == emotion]
        intensities = sorted({utterances[row].intensity or "" for row in own} - {""})
        if len(intensities) < 2:
            continue
        found = {}
        for intensity in intensities:
            rows = [row for row in own if utterances[row].intensity == intensity]
            picked = choose_examples([utterances[row] for row in rows], [seconds[row] for row in rows], [emotion])
            found[intensity] = picked[emotion]
        return emotion, found
    return None


def load_example(example: Example) -> Matrix:
    """Read the clip, or its first eight seconds, at 22,050 Hz.

    Raises
    ------
    AudioError, MissingExtraError
        If it cannot be read.
    """
    utterance = example.utterance
    signal = load_segment(utterance.file, utterance.segment, SAMPLING_RATE)
    return signal[: round(LONGEST_SECONDS * SAMPLING_RATE)]


def analyse(signal: Matrix) -> Analysis:
    """See a signal at 22,050 Hz, shape (n_samples,), in every way."""
    s = Spectra(signal, SAMPLING_RATE)
    return Analysis(
        signal=signal,
        envelope=amplitude_envelope(signal),
        power_db=power_to_db(s.power),
        mel_db=s.mel_db,
        mfcc=s.mfcc(N_MFCC),
        chroma=s.chroma,
        rms=s.rms[:, 0],
        zero_crossing_rate=s.zero_crossing_rate[:, 0],
        centroid_hz=s.centroid[:, 0],
        roll_off_hz=s.roll_off[:, 0],
    )


def amplitude_envelope(signal: Matrix) -> Matrix:
    """Give the largest magnitude of frames of 512 samples every 256; the last frame may be shorter.

    >>> amplitude_envelope(np.array([0.1, -0.5, 0.2], np.float32)).tolist()
    [0.5]
    """
    magnitude = np.abs(signal)
    starts = np.arange(0, max(signal.size - _ENVELOPE_FRAME, 0) + 1, _ENVELOPE_HOP)
    return np.array([magnitude[start : start + _ENVELOPE_FRAME].max() for start in starts], dtype=np.float32)


def linear_bins_hz() -> NDArray[np.float64]:
    """Give the frequencies of the columns of `Analysis.power_db`."""
    return np.asarray(np.fft.rfftfreq(N_FFT, 1.0 / SAMPLING_RATE))
