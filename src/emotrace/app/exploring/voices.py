"""Women and men of a shelf: pitch, pace, spectrum and cepstrum of a sample of their clips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from emotrace.app.exploring.shelf import Shelf
from emotrace.errors import EmotraceError, UsageError
from emotrace.features.means184 import NAMES, SAMPLING_RATE, extract
from emotrace.learn.explore.clips import SAMPLING_RATE as FACTS_RATE
from emotrace.learn.explore.clips import ClipFacts, measure_signal
from emotrace.learn.explore.examples import LONGEST_SECONDS, choose_examples
from emotrace.learn.explore.groups import group_order
from emotrace.learn.explore.sample import spread_sample
from emotrace.learn.explore.voices import pitch_facts, spectrum_facts
from emotrace.learn.pictures._canvas import to_png
from emotrace.learn.pictures.pitch import draw_pitch
from emotrace.learn.pictures.spectra import draw_spectra
from emotrace.learn.table import FeatureTable
from emotrace.types import Utterance

SAMPLE = 120
"""So many clips are measured: spread over speakers and emotions, they show what all of them would."""

_SEED = 0
_STEP = 4
_SEXES = ("female", "male")


@dataclass(frozen=True, slots=True)
class Voices:
    """What was found.

    Attributes
    ----------
    n_clips, n_unusable
        How many were measured, and how many could not be read.
    pitch_hz
        The middle clip's median pitch, by sex; without those that have no voice.
    pitch_picture, spectrum_picture
        PNGs.
    """

    n_clips: int
    n_unusable: int
    pitch_hz: dict[str, float]
    pitch_picture: bytes
    spectrum_picture: bytes


def can_compare(shelf: Shelf) -> bool:
    """Say whether there are women and men on the shelf."""
    return {utterance.sex for utterance in shelf.utterances}.issuperset(_SEXES)


def emotions_of_both(shelf: Shelf) -> list[str]:
    """List the emotions that both a woman and a man show."""
    shown = [{u.emotion for u in shelf.utterances if u.sex == sex and u.emotion} for sex in _SEXES]
    return group_order(sorted(shown[0] & shown[1]))


def find_pair(shelf: Shelf, emotion: str) -> dict[str, Utterance]:
    """Give a clip of a woman and of a man, of one emotion and the same sentence where there is one."""
    own = [u for u in shelf.utterances if u.emotion == emotion and u.sex in _SEXES]
    # Lengths are not known without decoding all of them; which of two takes is shown does not matter.
    found = choose_examples(own, [0.0] * len(own), [emotion])
    return {voice: example.utterance for voice, example in found.get(emotion, {}).items()}


def compare_voices(shelf: Shelf) -> Iterator[tuple[int, int] | Voices]:
    """Measure a sample of the clips; give how many are done, and of how many, and at last what was found.

    Raises
    ------
    UsageError
        If the shelf lacks women or men, or none of their clips can be read.
    """
    if not can_compare(shelf):
        raise UsageError("this needs clips of women and of men, marked as such; choose a corpus")
    known = [utterance for utterance in shelf.utterances if utterance.sex in _SEXES]
    chosen = [known[place] for place in spread_sample(known, SAMPLE, np.random.default_rng(_SEED))]
    there: list[Utterance] = []
    clips: list[ClipFacts] = []
    rows = []
    for n_done, utterance in enumerate(chosen):
        if n_done % _STEP == 0:
            yield n_done, len(chosen)
        try:
            clip, row = _measure(shelf, utterance)
        except EmotraceError:
            continue
        there.append(utterance)
        clips.append(clip)
        rows.append(row)
    if {utterance.sex for utterance in there} != set(_SEXES):
        raise UsageError("too few of the clips can be read; is the folder still there?")
    yield len(chosen), len(chosen)
    pitch = pitch_facts(there, clips)
    table = FeatureTable(tuple(NAMES), np.stack(rows), tuple(there))
    yield Voices(
        n_clips=len(there),
        n_unusable=len(chosen) - len(there),
        pitch_hz={sex: box["median"] for sex, box in pitch["by_sex"].items() if box["n"]},
        pitch_picture=to_png(draw_pitch(pitch)),
        spectrum_picture=to_png(draw_spectra(spectrum_facts(table), {})),
    )


def _measure(shelf: Shelf, utterance: Utterance) -> tuple[ClipFacts, np.ndarray[tuple[int], np.dtype[np.float32]]]:
    at_rate = {
        rate: shelf.read(utterance, rate)[: round(LONGEST_SECONDS * rate)] for rate in (FACTS_RATE, SAMPLING_RATE)
    }
    if not at_rate[FACTS_RATE].size:
        raise UsageError("empty")
    return measure_signal(at_rate[FACTS_RATE]), extract(at_rate[SAMPLING_RATE], SAMPLING_RATE)
