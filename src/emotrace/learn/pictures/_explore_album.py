"""All pictures of an exploration, one after the other: numbers -> named figures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from emotrace.labels import COLOURS
from emotrace.learn.explore import Exploration
from emotrace.learn.explore.examples import Analysis
from emotrace.learn.explore.explore import PAIR_FEATURES
from emotrace.learn.explore.names import family_of, shown_title, title_of
from emotrace.learn.explore.scale import to_scale
from emotrace.learn.pictures._album import Album
from emotrace.learn.pictures.anatomy import draw_anatomy
from emotrace.learn.pictures.correlation import draw_correlation
from emotrace.learn.pictures.counts import draw_counts
from emotrace.learn.pictures.durations import draw_durations
from emotrace.learn.pictures.feature_boxes import draw_feature_boxes
from emotrace.learn.pictures.histograms import draw_histograms
from emotrace.learn.pictures.levels import draw_levels
from emotrace.learn.pictures.mel_scale import draw_mel_scale
from emotrace.learn.pictures.pairs import draw_pairs
from emotrace.learn.pictures.pitch import draw_pitch
from emotrace.learn.pictures.separation import draw_separation
from emotrace.learn.pictures.speakers import draw_speakers
from emotrace.learn.pictures.spectra import draw_spectra
from emotrace.learn.pictures.strip import draw_strip

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Analyses = Mapping[str, Mapping[str, Analysis]]
"""What draws each picture, by the name of its file without the ending."""

_MOST_OF_A_FAMILY = 3
_N_RANKED = 20
_LEAST_CLIPS = 10
_PLAIN = "#43474e"
_SIMPLE = ("rms_mean", "centroid_mean", "roll_off_mean", "zero_crossing_rate_mean")
_PANELS = {
    "simple": (_SIMPLE, 4, 1.9),
    "chroma": (("chroma",), 6, 1.2),
    "mfcc": (("mfcc",), 8, 0.95),
    "mel": (("mel_power",), 16, 0.62),
}


def explore_album(exploration: Exploration, examples: Analyses, intensities: Analyses) -> Album:
    """List the pictures in the order in which they are read.

    Parameters
    ----------
    exploration
        The numbers.
    examples
        By emotion and voice.
    intensities
        By intensity and voice; may be empty.
    """
    facts = exploration.facts
    voices, histograms = facts["voices"], facts["histograms"]
    album: Album = {
        "counts": partial(draw_counts, facts["counts"], facts["tables"]["emotion_by_sex"]),
        "speakers": partial(draw_speakers, facts["tables"]["speaker_by_emotion"], facts["sex_of_speaker"]),
        "durations": partial(draw_durations, facts["durations"]),
        "levels": partial(draw_levels, facts["levels"], facts["sex_of_speaker"]),
        **_strips("example", examples, {emotion: _colour(emotion) for emotion in examples}),
        **_strips("intensity", intensities, dict.fromkeys(intensities, _PLAIN), is_one_scale=True),
        **{
            f"anatomy-{emotion}": partial(draw_anatomy, shown, _colour(emotion))
            for emotion, shown in examples.items()
        },
    }
    if voices["pitch"]["n"]:
        album["pitch"] = partial(draw_pitch, voices["pitch"])
    album["spectra"] = partial(draw_spectra, voices, _mfcc_over_time(examples))
    album["mel-scale"] = partial(draw_mel_scale, facts["mel_lesson"])
    if not says_enough(facts):
        return album
    if len(facts["counts"]["emotion"]) > 1:
        album["separation"] = partial(_draw_separation, facts["separation"])
    for name, (starts, n_columns, height) in _PANELS.items():
        boxes = _boxes_of(facts["boxes"], starts)
        titles = [str(int(f.split("_")[2])) if name == "mel" else shown_title(f) for f in boxes]
        if boxes:
            album[f"boxes-{name}"] = partial(draw_feature_boxes, boxes, titles, n_columns, height)
    album["histograms"] = partial(draw_histograms, histograms, [shown_title(name) for name in histograms])
    for pair in facts["pairs"]:
        group = pair["emotions"]
        album[f"pairs-{'-'.join(group)}"] = partial(_draw_pairs, exploration, group)
    album["correlation"] = partial(draw_correlation, facts["correlation"])
    return album


def says_enough(facts: Mapping[str, Any]) -> bool:
    """Say whether there are clips enough for their features to be compared."""
    return bool(facts["features"]["stats70"]["n_clips"] >= _LEAST_CLIPS)


def most_telling(ranked: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Choose the features that tell most of emotion, at most three of a family: neighbours say the same again."""
    chosen: list[Mapping[str, Any]] = []
    n_of_family: dict[str, int] = {}
    for row in ranked:
        family, titles = family_of(row["name"]), [title_of(other["name"]) for other in chosen]
        # Both tables have the mean of the level.
        if n_of_family.get(family, 0) < _MOST_OF_A_FAMILY and title_of(row["name"]) not in titles:
            n_of_family[family] = n_of_family.get(family, 0) + 1
            chosen.append(row)
        if len(chosen) == _N_RANKED:
            break
    return chosen


def strip_scale(examples: Analyses) -> float:
    """Give the length in seconds that fills the width of a strip."""
    return max((analysis.seconds for by_voice in examples.values() for analysis in by_voice.values()), default=1.0)


def strip_name(prefix: str, group: str, voice: str) -> str:
    """Give the name of a strip's picture.

    >>> strip_name("example", "anger", "ravdess:01")
    'example-anger-ravdess-01'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{prefix}-{group}-{voice}")


def _strips(prefix: str, examples: Analyses, colours: Mapping[str, str], is_one_scale: bool = False) -> Album:
    """Draw a strip of each clip; ``is_one_scale`` lets a quiet waveform look quiet beside a loud one."""
    everybody = [analysis for by_voice in examples.values() for analysis in by_voice.values()]
    longest = strip_scale(examples)
    loudest = max((_loudest(analysis) for analysis in everybody), default=1.0)
    loudest_db = max((float(analysis.mel_db.max()) for analysis in everybody), default=0.0)
    return {
        strip_name(prefix, group, voice): partial(
            draw_strip,
            analysis.signal,
            analysis.mel_db,
            analysis.seconds / longest,
            colours[group],
            loudest if is_one_scale else _loudest(analysis),
            loudest_db,
        )
        for group, by_voice in examples.items()
        for voice, analysis in by_voice.items()
    }


def _loudest(analysis: Analysis) -> float:
    return float(np.abs(analysis.signal).max()) or 1.0


def _colour(emotion: str) -> str:
    return COLOURS.get(emotion, _PLAIN)


def _mfcc_over_time(examples: Analyses) -> dict[str, Any]:
    """Take anger, or the first emotion that both voices have."""
    pairs = [by_voice for by_voice in examples.values() if len(by_voice) > 1]
    chosen = examples["anger"] if len(examples.get("anger", ())) > 1 else next(iter(pairs), {})
    return {
        voice: {"seconds": found.frame_seconds, "mean": found.mfcc.mean(axis=1)} for voice, found in chosen.items()
    }


def _boxes_of(boxes: Mapping[str, Any], starts: Sequence[str]) -> dict[str, Any]:
    """Leave out what is the same for all clips: bands above half the sampling rate, for instance."""

    def says_something(by_emotion: Mapping[str, Any]) -> bool:
        return bool(
            max(found["max"] for found in by_emotion.values()) > min(f["min"] for f in by_emotion.values())
        )

    return {
        name: by_emotion
        for start in starts
        for name, by_emotion in boxes.items()
        if name.startswith(start) and says_something(by_emotion)
    }


def _draw_separation(separation: Mapping[str, Any]) -> Figure:
    ranked = most_telling(separation["ranked"])
    return draw_separation(ranked, [title_of(row["name"]) for row in ranked], separation["chance"])


def _draw_pairs(exploration: Exploration, group: Sequence[str]) -> Figure:
    table = exploration.stats70
    columns = {
        shown_title(name): to_scale(name, table.matrix[:, table.names.index(name)]) for name in PAIR_FEATURES
    }
    return draw_pairs(columns, [utterance.emotion for utterance in table.utterances], group)
