"""How women and men differ in a corpus: pitch, spectrum, cepstrum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from emotrace.features._spectra import N_MELS
from emotrace.features.log_mel import hz_to_mel, mel_to_hz
from emotrace.learn.explore.boxes import boxes_by, histogram
from emotrace.learn.explore.clips import ClipFacts
from emotrace.learn.explore.groups import groups_of
from emotrace.learn.table import FeatureTable
from emotrace.types import Utterance

PITCH_EDGES_HZ = np.geomspace(60.0, 500.0, 44)
"""Equal on the ear's scale: a little under a semitone wide."""
_N_MFCC = 20


def pitch_facts(utterances: Sequence[Utterance], clips: Sequence[ClipFacts]) -> dict[str, Any]:
    """Give the clips' median pitch: ``histograms`` by sex, ``boxes`` by sex and emotion, ``pace`` by emotion.

    Clips of which pitch was not measured, or that have no voice, are left out; ``n`` counts the others.
    """
    voiced = [(u, c) for u, c in zip(utterances, clips, strict=True) if c.pitch_hz is not None]
    sexes = np.array(groups_of([u for u, _ in voiced], "sex"))
    emotions = groups_of([u for u, _ in voiced], "emotion")
    pitch = np.array([c.pitch_hz for _, c in voiced], dtype=np.float64)
    spans = np.array([c.pitch_range_semitones for _, c in voiced], dtype=np.float64)
    paced = [(u, c) for u, c in zip(utterances, clips, strict=True) if c.syllables_per_second is not None]
    return {
        "n": len(voiced),
        "histograms": {sex: histogram(pitch[sexes == sex], PITCH_EDGES_HZ) for sex in sorted(set(sexes.tolist()))},
        "boxes": {
            sex: boxes_by(pitch[sexes == sex], np.array(emotions)[sexes == sex].tolist())
            for sex in sorted(set(sexes.tolist()))
        },
        "by_sex": boxes_by(pitch, sexes.tolist()),
        "range_semitones": boxes_by(spans, emotions),
        "syllables_per_second": boxes_by(
            [c.syllables_per_second or 0.0 for _, c in paced], groups_of([u for u, _ in paced], "emotion")
        ),
    }


def spectrum_facts(means184: FeatureTable) -> dict[str, Any]:
    """Give the average spectrum and cepstrum by sex.

    The spectrum of each clip is its mean power in 128 mel bands (per hertz), in decibels relative to all its bands
    together, so that loud clips and quiet ones count alike; the middle half of all clips lies between ``q1`` and
    ``q3``.
    """
    sexes = np.array(groups_of(means184.utterances, "sex"))
    names = list(means184.names)
    bands = np.array([names.index(f"mel_power_{n:03d}_mean") for n in range(1, N_MELS + 1)])
    cepstrum = np.array([names.index(f"mfcc_{n:02d}_mean") for n in range(1, _N_MFCC + 1)])
    power = np.maximum(means184.matrix[:, bands].astype(np.float64), 1e-10)
    spectra = 10.0 * np.log10(power / power.sum(axis=1, keepdims=True))
    mfcc = means184.matrix[:, cepstrum].astype(np.float64)
    return {
        "hz": np.round(_band_centres_hz(), 1).tolist(),
        "spectrum_db": {sex: _middle(spectra[sexes == sex]) for sex in sorted(set(sexes.tolist()))},
        "mfcc": {sex: _middle(mfcc[sexes == sex]) for sex in sorted(set(sexes.tolist()))},
    }


def _middle(rows: Any) -> dict[str, Any]:
    q1, median, q3 = np.round(np.percentile(rows, (25, 50, 75), axis=0), 3).tolist()
    return {"n": len(rows), "q1": q1, "median": median, "q3": q3}


def _band_centres_hz() -> Any:
    top = hz_to_mel(np.array([22_050 / 2.0]))[0]
    return mel_to_hz(np.linspace(0.0, top, N_MELS + 2))[1:-1]
