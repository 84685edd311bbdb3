"""Do the derived valence and arousal follow what is heard? On speakers the model has never heard.

Both are expectations under the emotions' probabilities and can be no better than those. Two questions are asked
of the held-out speakers of RAVDESS and CREMA-D, heard as everybody hears: shipped labels, no baseline.

- Actors were asked for levels of intensity (RAVDESS: normal, strong; CREMA-D: low, medium, high). Does arousal
  rise with them? The area under the ROC curve says how often a clip of the higher level has the higher arousal:
  over all pairs of clips, and over pairs of the same speaker and emotion, in which only the level differs.
- About nine people voted for the emotion of every CREMA-D clip by its voice alone. What is expected under their
  votes is what is to be derived: Pearson's correlation with it, and Lin's concordance (CCC), which also wants the
  same mean and spread. For comparison stands the anchor of the emotion that the actor was asked for.

Intervals draw whole speakers with replacement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from sklearn.metrics import roc_auc_score

import emotrace
from _measure import parser, report
from emotrace.cli._judging import held_out
from emotrace.cli._progress import ProgressLine
from emotrace.labels import VALENCE_AROUSAL, valence_arousal
from emotrace.learn.corpora import scan
from emotrace.learn.evaluation.bootstrap import draw_speakers, speaker_bootstrap

LEVELS: Mapping[str, tuple[str, ...]] = {"ravdess": ("normal", "strong"), "crema-d": ("low", "medium", "high")}
"""Of each corpus, from the lowest up; CREMA-D has them in one of its twelve sentences."""

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Clip:
    """A clip with what was asked of its actor, and valence and arousal: derived, voted for, and asked for."""

    corpus: str
    speaker: str
    emotion: str
    intensity: str
    derived: Point
    voted: Point | None
    asked: Point


def main() -> None:
    """Hear the held-out clips, compare, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="one sub-folder per corpus")
    options.add_argument(
        "--model", default="default", metavar="BUNDLE", help="the bundle to judge (default: default)"
    )
    arguments = options.parse_args()
    clips, facts = hear(arguments.model, arguments.corpora)
    results = {
        "what": "derived valence and arousal, on speakers the model has never heard",
        **facts,
        "intensity": {
            corpus: follow_levels([c for c in clips if c.corpus == corpus], corpus) for corpus in LEVELS
        },
        "votes": agree_with_votes([clip for clip in clips if clip.voted is not None]),
    }
    report(tell(results), results, arguments.output, ["scikit-learn"])


def hear(model: str, corpora: Path) -> tuple[list[Clip], dict[str, Any]]:
    """Judge every clip of the speakers that the bundle has neither been trained nor tuned on."""
    recogniser = emotrace.load(model)
    card = recogniser.bundle.card
    found = [u for corpus in LEVELS for u in scan(corpus, corpora / corpus).utterances]
    utterances = [u for u in held_out(card, found) if u.emotion in card.labels]
    clips, n_silent = [], 0
    with ProgressLine("hearing") as progress:
        for done, utterance in enumerate(utterances, start=1):
            heard = recogniser.predict(utterance.file)
            progress(done, len(utterances))
            if heard.valence is None or heard.arousal is None:
                n_silent += 1
                continue
            n_votes = sum((utterance.votes or {}).values())
            shares = {emotion: n / n_votes for emotion, n in (utterance.votes or {}).items()} if n_votes else {}
            clips.append(
                Clip(
                    utterance.corpus,
                    utterance.speaker,
                    utterance.emotion,
                    utterance.intensity or "",
                    (heard.valence, heard.arousal),
                    valence_arousal(shares) if shares else None,
                    VALENCE_AROUSAL[utterance.emotion],
                )
            )
    facts = {
        "bundle": card.name,
        "model_sha256": card.files["model.onnx"]["sha256"][:16],
        "labels": list(recogniser.labels),
        "n_clips": len(clips),
        "n_without_speech": n_silent,
        "n_speakers": len({clip.speaker for clip in clips}),
    }
    return clips, facts


# -- intensity --------------------------------------------------------------------------------------------


def follow_levels(clips: Sequence[Clip], corpus: str) -> dict[str, Any]:
    """Say how well arousal tells the lowest level from the highest, and each from the next."""
    levels = LEVELS[corpus]
    # An emotion without levels (neutral) would only tell the emotions apart.
    levelled = {c.emotion for c in clips if c.intensity == levels[-1]}
    usable = [c for c in clips if c.emotion in levelled and c.intensity in levels]
    if not usable:
        return {"n": 0, "n_speakers": 0}
    emotions = sorted(levelled)
    return {
        "n": len(usable),
        "n_speakers": len({c.speaker for c in usable}),
        "mean_arousal": {
            level: round(float(np.mean([c.derived[1] for c in usable if c.intensity == level])), 4)
            for level in levels
        },
        "steps": [
            {
                "lower": low,
                "higher": high,
                "auc": any_pair([c for c in usable if c.intensity in (low, high)], high),
                "auc_same_speaker_and_emotion": same_speaker_and_emotion(usable, low, high),
            }
            for low, high in combinations(levels, 2)
        ],
        # Some emotions are quieter the stronger they are: what holds for all of them hides that.
        "by_emotion": {
            emotion: same_speaker_and_emotion([c for c in usable if c.emotion == emotion], levels[0], levels[-1])
            for emotion in emotions
        },
    }


def any_pair(clips: Sequence[Clip], high: str) -> dict[str, Any]:
    """Give the area under the ROC curve of arousal over all clips of two levels."""
    is_high, arousal = [c.intensity == high for c in clips], [c.derived[1] for c in clips]
    return _rounded(speaker_bootstrap(is_high, arousal, [c.speaker for c in clips], _area_under_curve))


def same_speaker_and_emotion(clips: Sequence[Clip], low: str, high: str) -> dict[str, Any]:
    """Give the share of pairs in which the higher level has the higher arousal; one as high counts half."""
    groups: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
    for clip in clips:
        if clip.intensity in (low, high):
            group = groups.setdefault((clip.speaker, clip.emotion), ([], []))
            group[clip.intensity == high].append(clip.derived[1])
    counts: dict[str, list[float]] = {}
    for (speaker, _), levels in groups.items():
        for lower, higher in product(*levels):
            pair = counts.setdefault(speaker, [0.0, 0.0])
            pair[0] += (higher > lower) + 0.5 * (higher == lower)
            pair[1] += 1.0
    if not counts:
        return {"n_pairs": 0, "value": None, "low": None, "high": None}
    interval = draw_speakers(list(counts)).bound(
        np.array([counts[speaker] for speaker in sorted(counts)]), lambda sums: sums[..., 0] / sums[..., 1]
    )
    return {"n_pairs": int(sum(n for _, n in counts.values())), **_rounded(interval)}


# -- listeners' votes -------------------------------------------------------------------------------------


def agree_with_votes(clips: Sequence[Clip]) -> dict[str, Any]:
    """Compare with what is expected under the votes of the listeners."""
    speakers = [c.speaker for c in clips]
    found: dict[str, Any] = {"n": len(clips), "n_speakers": len(set(speakers))}
    for place, name in enumerate(("valence", "arousal") if clips else ()):
        voted = [c.voted[place] for c in clips if c.voted is not None]
        sides = {
            "derived": [c.derived[place] for c in clips],
            "emotion_asked_for": [c.asked[place] for c in clips],
        }
        found[name] = {
            side: {
                **_spread(values),
                "pearson": _rounded(speaker_bootstrap(voted, values, speakers, pearson)),
                "ccc": _rounded(speaker_bootstrap(voted, values, speakers, concordance)),
            }
            for side, values in sides.items()
        }
        found[name]["votes"] = _spread(voted)
    return found


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"mean": round(float(np.mean(values)), 4), "standard_deviation": round(float(np.std(values)), 4)}


def pearson(truth: Sequence[float], prediction: Sequence[float]) -> float:
    """Give Pearson's correlation of two rows (n,) of numbers, in [-1, 1]."""
    return float(np.corrcoef(truth, prediction)[0, 1])


def concordance(truth: Sequence[float], prediction: Sequence[float]) -> float:
    """Give Lin's concordance correlation of two rows (n,) of numbers, in [-1, 1].

    Source: Lin (1989), A concordance correlation coefficient to evaluate reproducibility, Biometrics 45, 255-268.
    """
    (true_variance, covariance), (_, variance) = np.cov(truth, prediction, ddof=0)
    apart = (np.mean(truth) - np.mean(prediction)) ** 2
    return float(2.0 * covariance / (true_variance + variance + apart))


def _area_under_curve(is_high: Sequence[bool], scores: Sequence[float]) -> float:
    # Speakers drawn again may all be of one level; then there is nothing to tell apart.
    return float(roc_auc_score(is_high, scores)) if len(set(is_high)) == 2 else math.nan


def _rounded(interval: Any) -> dict[str, Any]:
    found: dict[str, Any] = interval.to_dict()
    return {key: None if _is_none(found[key]) else round(found[key], 4) for key in ("value", "low", "high")}


def _is_none(value: float | None) -> bool:
    return value is None or math.isnan(value)


# -- the table --------------------------------------------------------------------------------------------


def tell(results: Mapping[str, Any]) -> list[list[str]]:
    """Give the rows that are printed."""
    rows = [["", "clips", "speakers", "value [95 %]"]]
    for corpus, facts in results["intensity"].items():
        counts = [str(facts["n"]), str(facts["n_speakers"])]
        for step in facts.get("steps", ()):
            what = f"{corpus}: arousal, {step['lower']} to {step['higher']}"
            rows.append([f"{what}, AUC", *counts, _told(step["auc"])])
            rows.append(
                [f"{what}, same speaker and emotion", *counts, _told(step["auc_same_speaker_and_emotion"])]
            )
    votes = results["votes"]
    counts = [str(votes["n"]), str(votes["n_speakers"])]
    for name in ("valence", "arousal"):
        for side, scores in votes.get(name, {}).items():
            for score in ("pearson", "ccc"):
                if score in scores:
                    rows.append([f"votes: {name}, {side}, {score}", *counts, _told(scores[score])])
    return rows


def _told(score: Mapping[str, Any]) -> str:
    if score["value"] is None:
        return "-"
    bounds = "" if score["low"] is None else f" [{score['low']:.3f}, {score['high']:.3f}]"
    return f"{score['value']:.3f}{bounds}"


if __name__ == "__main__":
    main()
