"""The report of ``emotrace robustness``: numbers of what was heard, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emotrace import __version__
from emotrace.cli._robustness import SOUND_SECONDS, Hear, Heard, failures
from emotrace.errors import EmotraceError
from emotrace.hear.recognizer import Recogniser
from emotrace.learn.evaluation.robustness import judge_targets, score_conditions, sum_false_emotions
from emotrace.learn.robustness.conditions import CLEAN, Condition
from emotrace.learn.robustness.sounds import LEVELS_DBFS, UNHEARD
from emotrace.learn.training.data import is_sung
from emotrace.manifest import UNKNOWN_SPEAKER
from emotrace.types import Utterance

_N_RESAMPLES, _LEVEL = 1000, 0.95
_OF_CORPUS = ("n", "n_no_speech", "unweighted_average_recall", "change")

Facts = dict[str, Any]


def make_report(
    recogniser: Recogniser,
    utterances: Sequence[Utterance],
    hear: Hear,
    heard: Heard,
    conditions: Sequence[Condition],
    refused: Mapping[str, str],
    limits: Mapping[str, int],
) -> Facts:
    """Give the report.

    A clip that could not be used under one condition is left out under all of them.

    Parameters
    ----------
    recogniser
        Of the bundle that was judged.
    utterances
        The clips that were heard, in the order of ``hear.clips``.
    hear, heard
        How they were heard, and what.
    conditions
        Those that were possible.
    refused
        Why others were not, by name.
    limits
        How many clips of each speaker there may be.

    Raises
    ------
    EmotraceError
        If no clip could be used.
    """
    scored = _Scored(utterances, hear, heard)
    card = recogniser.bundle.card
    sounds = _non_speech(heard)
    return {
        "bundle": card.name,
        "model_sha256": card.files["model.onnx"]["sha256"],
        "speech_model_sha256": recogniser.speech_bundle.card.files["model.onnx"]["sha256"],
        "emotrace": __version__,
        "protocol": {key: card.split[key] for key in ("protocol", "fold", "seed") if key in card.split},
        "seed": hear.seed,
        "limit_per_speaker": dict(limits),
        **scored.material(),
        "conditions": [
            scored.entry(condition, hear.bit_rate(condition, recogniser.sampling_rate)) for condition in conditions
        ],
        "not_measured": [{"name": name, "reason": reason} for name, reason in refused.items()],
        "non_speech": sounds,
        "targets": judge_targets(scored.pooled, None if sounds is None else sounds["share_with_emotion"]),
    }


class _Scored:
    """Scores of the clips that could be used, pooled and by corpus."""

    def __init__(self, utterances: Sequence[Utterance], hear: Hear, heard: Heard) -> None:
        failed = failures(heard, hear.clips)
        self._used = [place for place in range(len(utterances)) if place not in failed]
        if not self._used:
            raise EmotraceError("none of the clips could be used; nothing to judge")
        self._utterances, self._hear, self._heard = utterances, hear, heard
        self._failed = [(utterances[place].file, reason) for place, reason in sorted(failed.items())]
        # As in `emotrace evaluate`: songs play no part in what is pooled, unless there is nothing else.
        self._spoken = [place for place in self._used if not is_sung(utterances[place].corpus)] or self._used
        self.pooled = self._score(self._spoken)
        self._add_uncut("gain+10")
        corpora = sorted({utterances[place].corpus for place in self._used})
        self._places = {corpus: [p for p in self._used if utterances[p].corpus == corpus] for corpus in corpora}
        self._corpora = {corpus: self._score(places) for corpus, places in self._places.items()}

    def material(self) -> Facts:
        """Say what was judged."""
        return {
            "n_clips": len(self._spoken),
            "n_speakers": self._count_speakers(self._spoken),
            "corpora": {
                corpus or "(no corpus)": {
                    "n": len(places),
                    "n_speakers": self._count_speakers(places),
                    "labels": list(self._hear.clips[places[0]].labels),
                }
                for corpus, places in self._places.items()
            },
            "n_unusable": len(self._failed),
            "unusable": [{"file": file, "reason": reason} for file, reason in self._failed],
            "bootstrap": {
                "unit": "speaker",
                "n_resamples": _N_RESAMPLES,
                "seed": self._hear.seed,
                "level": _LEVEL,
            },
        }

    def entry(self, condition: Condition, kbit_per_second: float | None) -> Facts:
        """Give what is told of one condition."""
        rows = [self._heard.clips[condition.name][place] for place in self._spoken]
        confidences = [row["confidence"] for row in rows if row["confidence"] is not None]
        return {
            "name": condition.name,
            "title": condition.title,
            "augmentation": condition.change,
            "parameters": dict(condition.parameters),
            **({} if kbit_per_second is None else {"kbit_per_second": kbit_per_second}),
            **self.pooled[condition.name],
            "share_uncertain": sum(row["is_uncertain"] for row in rows) / len(rows),
            "share_clipped": sum(row["is_clipped"] for row in rows) / len(rows),
            "mean_confidence": sum(confidences) / len(confidences) if confidences else None,
            "corpora": {
                corpus or "(no corpus)": {key: scores[condition.name][key] for key in _OF_CORPUS}
                for corpus, scores in self._corpora.items()
            },
        }

    def _add_uncut(self, name: str) -> None:
        """Score the clips that a gain does not drive beyond full scale by themselves, where it drives others."""
        rows = self._heard.clips.get(name)
        uncut = [place for place in self._spoken if rows and not rows[place]["is_clipped"]]
        if 0 < len(uncut) < len(self._spoken):
            scores = self._score(uncut, (CLEAN, name))[name]
            self.pooled[name]["uncut"] = {key: scores[key] for key in ("n", "change")}

    def _score(self, places: Sequence[int], names: Iterable[str] | None = None) -> dict[str, Facts]:
        return score_conditions(
            [self._utterances[place].emotion for place in places],
            [self._speaker(place) for place in places],
            {
                name: [self._heard.clips[name][place]["predicted"] for place in places]
                for name in names or self._heard.clips
            },
            CLEAN,
            _N_RESAMPLES,
            self._hear.seed,
            _LEVEL,
        )

    def _speaker(self, place: int) -> str:
        speaker = self._utterances[place].speaker
        return "" if speaker == UNKNOWN_SPEAKER else speaker

    def _count_speakers(self, places: Sequence[int]) -> int:
        return len({self._speaker(place) for place in places} - {""})


def _non_speech(heard: Heard) -> Facts | None:
    """Give the share of windows with a false emotion; None where no sounds were asked for."""
    if not heard.sounds:
        return None
    whole = sum_false_emotions(heard.sounds)
    unheard = sum_false_emotions({kind: heard.sounds[kind] for kind in UNHEARD})
    return {
        "sound_seconds": SOUND_SECONDS,
        "peak_dbfs": list(LEVELS_DBFS),
        **{key: value for key, value in whole.items() if key != "kinds"},
        "kinds_not_taught": {key: value for key, value in unheard.items() if key != "kinds"},
        "kinds": whole["kinds"],
    }
