"""What does a personal baseline give to people the model has never heard? And how was its form chosen?

Of each speaker some neutral (or calm) clips are drawn, up to so many seconds of speech. They are the ordinary
voice; all the other clips are judged without and with it, each among its corpus's own labels. At least one clip of
every ordinary emotion is left to be judged. This is done twenty times, and every draw counts the same. As a
control, everybody is also judged with the ordinary voices of others: what that gives is not personal.

Forms and constants are compared on the bundle's validation speakers, clean and through what shifts a model: a
telephone line, and a room far from the microphone (the ordinary voice comes through the same). What is shipped is
then judged on the test speakers. What the model says of a clip is computed once; ``--heard`` keeps it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import emotrace
from _measure import parser, report
from emotrace.audio.load import load_audio
from emotrace.hear.baseline import (
    FULL_STRENGTH,
    HALF_STRENGTH_SECONDS,
    ORDINARY,
    USUAL_ODDS,
    Baseline,
    excess_factors,
    make_baseline,
)
from emotrace.hear.clip import HeardClip
from emotrace.learn.augment.room import Room
from emotrace.learn.augment.telephone import Telephone
from emotrace.learn.corpora._scan import scan
from emotrace.learn.evaluation.bootstrap import draw_speakers
from emotrace.learn.evaluation.confusion import mean_recall

RATE = 16_000
CORPORA = ("ravdess", "crema-d", "savee", "emo-db", "tess")
CONDITIONS = {"clean": None, "telephone": Telephone(), "room": Room((1.0, 1.0), (-3.0, -3.0))}
SECONDS = (5.0, 10.0, 20.0, 30.0)
N_DRAWS = 20
# Of TESS, one speaker with 1400: more would only say the same more often.
MOST_CLIPS = 420
_FLOOR = 1e-6

Floats: TypeAlias = NDArray[np.float64]
Shift: TypeAlias = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Clip:
    """A labelled clip and what the model says of it."""

    corpus: str
    speaker: str
    emotion: str
    heard: HeardClip


@dataclass(frozen=True, eq=False)
class Voice:
    """An ordinary voice as the model hears it: its baseline, and its mean log-probabilities (n_labels,)."""

    baseline: Baseline
    mean_log: Floats


Form: TypeAlias = Callable[[Voice, Voice], Shift]
"""From somebody's ordinary voice, and that of the others together, to what is done to probabilities."""


def main() -> None:
    """Choose on validation speakers, judge on test speakers, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="one sub-folder per corpus")
    options.add_argument("--heard", type=Path, metavar="DIR", help="keep here what the model says of the clips")
    arguments = options.parse_args()
    card = emotrace.load_bundle().card
    validation = {name: hear_all(arguments, "validation", name) for name in CONDITIONS}
    choice = choose(validation, card)
    judged = []
    for name in CONDITIONS:
        clips = hear_all(arguments, "test", name)
        for seconds in SECONDS:
            trial = Trial(clips, card, seconds)
            own, others = trial.run(shipped), trial.run(shipped, is_of_others=True)
            judged.append(
                {
                    "condition": name,
                    "up_to_seconds": seconds,
                    **report_scores(own),
                    "pooled_with_the_voice_of_others": report_scores(others)["pooled"],
                }
            )
    results = {
        "what": "a personal baseline, on speakers the model has never heard",
        "seed": 0,
        "n_draws": N_DRAWS,
        "conditions": {name: repr(change) for name, change in CONDITIONS.items()},
        "constants": {
            "usual_odds": USUAL_ODDS,
            "full_strength": FULL_STRENGTH,
            "half_strength_seconds": HALF_STRENGTH_SECONDS,
        },
        "validation": choice,
        "test": judged,
    }
    rows = [["test speakers", "UAR without", "UAR with", "change [95 %]", "neutral", "log-loss"]]
    rows += [_row(run) for run in judged]
    report([_best_row(), *(_best_row(run) for run in choice)], {}, None)
    report(rows, results, arguments.output)


# -- what the model says ----------------------------------------------------------------------------------


def hear_all(arguments: Any, side: str, condition: str) -> list[Clip]:
    """Hear the clips of the speakers of one side, or read what was heard before."""
    kept = None if arguments.heard is None else arguments.heard / f"{side}-{condition}.npz"
    if kept is not None and kept.exists():
        return _read(kept)
    recogniser = emotrace.load()
    speakers, labels = recogniser.bundle.card.split[f"{side}_speakers"], recogniser.bundle.card.labels
    change, clips = CONDITIONS[condition], []
    for corpus in CORPORA:
        every = [u for u in scan(corpus, arguments.corpora / corpus).utterances if u.speaker in speakers]
        usable = [u for u in every if u.emotion in labels]
        few = np.random.default_rng(0).permutation(len(usable))[: MOST_CLIPS if corpus == "tess" else None]
        for utterance in (usable[place] for place in sorted(few.tolist())):
            signal = load_audio(utterance.file, RATE)
            if change is not None:
                # One room for all clips of a speaker.
                signal = change(signal, RATE, np.random.default_rng(zlib.crc32(utterance.speaker.encode())))
            heard = recogniser.hear(signal, RATE)
            clips.append(Clip(corpus, utterance.speaker, utterance.emotion, heard))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        _write(kept, clips)
    return clips


def _write(path: Path, clips: Sequence[Clip]) -> None:
    facts = [
        [c.corpus, c.speaker, c.emotion, c.heard.seconds, c.heard.speech_seconds, len(c.heard.weights)]
        for c in clips
    ]
    weights = np.concatenate([c.heard.weights for c in clips])
    probabilities = np.concatenate([c.heard.probabilities for c in clips])
    np.savez(path, facts=np.array(json.dumps(facts)), weights=weights, probabilities=probabilities)


def _read(path: Path) -> list[Clip]:
    with np.load(path) as kept:
        facts, weights, probabilities = json.loads(str(kept["facts"])), kept["weights"], kept["probabilities"]
    clips, first = [], 0
    for corpus, speaker, emotion, seconds, speech_seconds, n_windows in facts:
        own = slice(first, first + n_windows)
        heard = HeardClip(seconds, speech_seconds, weights[own], probabilities[own])
        clips.append(Clip(corpus, speaker, emotion, heard))
        first += n_windows
    return clips


# -- forms ------------------------------------------------------------------------------------------------


def shipped(voice: Voice, usual: Voice) -> Shift:  # noqa: ARG001 - one signature for all forms
    """Shift as the product does."""
    return voice.baseline.shift


def _strength(voice: Voice, full: float, half_seconds: float) -> float:
    return full * voice.baseline.speech_seconds / (voice.baseline.speech_seconds + half_seconds)


def logit_shift(full: float, half_seconds: float, scale: float = 1.0) -> Form:
    """Take the difference of mean log-probabilities from the usual ones away, in both directions; then scale."""

    def form(voice: Voice, usual: Voice) -> Shift:
        factors = np.exp(_strength(voice, full, half_seconds) * (usual.mean_log - voice.mean_log))
        return lambda p: _scaled((np.maximum(p, _FLOOR) * factors) ** scale)

    return form


def prior_reweighting(full: float, half_seconds: float) -> Form:
    """Divide by the mean probabilities and multiply by the usual ones, as if they were priors."""

    def form(voice: Voice, usual: Voice) -> Shift:
        ratio = usual.baseline.probabilities / np.maximum(voice.baseline.probabilities, _FLOOR)
        factors = ratio ** _strength(voice, full, half_seconds)
        return lambda p: _scaled(p * factors)

    return form


def excess(full: float, half_seconds: float, usual_odds: float) -> Form:
    """Take back what is heard beyond the usual odds, and nothing else: the form of the product."""

    def form(voice: Voice, usual: Voice) -> Shift:  # noqa: ARG001 - one signature for all forms
        strength = _strength(voice, full, half_seconds)
        factors = excess_factors(voice.baseline.probabilities, voice.baseline.labels, strength, usual_odds)
        return lambda p: _scaled(p * factors)

    return form


FORMS: Mapping[str, tuple[Callable[..., Form], Mapping[str, Sequence[float]]]] = {
    "logit shift": (logit_shift, {"full": (0.1, 0.25, 0.5, 1.0), "half_seconds": (5.0, 20.0)}),
    "logit shift and scale": (
        logit_shift,
        {"full": (0.1, 0.25, 0.5), "half_seconds": (5.0,), "scale": (0.8, 1.25)},
    ),
    "prior re-weighting": (prior_reweighting, {"full": (0.25, 0.5, 1.0), "half_seconds": (5.0, 20.0)}),
    "excess odds": (
        excess,
        {"full": (0.5, 0.75, 1.0), "half_seconds": (5.0, 10.0), "usual_odds": (0.05, 0.08, 0.12)},
    ),
}


def choose(material: Mapping[str, Sequence[Clip]], card: Any) -> list[dict[str, Any]]:
    """Give the best constants of every form: by the mean gain in UAR of a speaker over conditions and seconds."""
    trials = [Trial(clips, card, seconds) for clips in material.values() for seconds in SECONDS]
    every = []
    for name, (make, grid) in FORMS.items():
        runs = []
        for values in product(*grid.values()):
            constants = dict(zip(grid, values, strict=True))
            runs.append({"form": name, **constants, **_sum_up([t.run(make(**constants)) for t in trials])})
        every.append(max(runs, key=lambda run: run["uar_gain_of_a_speaker"]))
    every.append({"form": "as shipped", **_sum_up([trial.run(shipped) for trial in trials])})
    others = [trial.run(shipped, is_of_others=True) for trial in trials]
    every.append({"form": "as shipped, with the voice of others", **_sum_up(others)})
    return every


def _sum_up(runs: Sequence[Sequence[Outcome]]) -> dict[str, Any]:
    gains = np.array([[_uar(o.after) - _uar(o.before) for o in run] for run in runs]).mean(axis=0)
    losses = np.array([[o.loss_after - o.loss_before for o in run] for run in runs]).mean(axis=0)
    of_conditions = {
        name: round(float(np.mean([_uar(o.after) - _uar(o.before) for run in part for o in run])), 4)
        for name, part in zip(CONDITIONS, np.array_split(np.arange(len(runs)), len(CONDITIONS)), strict=True)
        for part in [[runs[place] for place in part]]
    }
    root = np.sqrt(len(gains))
    return {
        "n_speakers": len(gains),
        "uar_gain_of_a_speaker": round(float(gains.mean()), 4),
        "standard_error": round(float(gains.std(ddof=1) / root), 4),
        "log_loss_change": round(float(losses.mean()), 4),
        "log_loss_standard_error": round(float(losses.std(ddof=1) / root), 4),
        "uar_gain_by_condition": of_conditions,
        "neutral_recall_change": round(
            float(np.mean([np.subtract(*o.neutral_recall[::-1]) for run in runs for o in run])), 4
        ),
    }


# -- measuring --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Outcome:
    """One speaker, over all draws: confusions (n_labels, n_labels + 1), the last column for no speech."""

    corpus: str
    speaker: str
    before: Floats
    after: Floats
    loss_before: float
    loss_after: float
    neutral_recall: tuple[float, float]
    seconds: float


class Trial:
    """All speakers with an ordinary voice of up to so many seconds."""

    def __init__(self, clips: Sequence[Clip], card: Any, seconds: float) -> None:
        own = {c: {x.emotion for x in clips if x.corpus == c} for c in {x.corpus for x in clips}}
        speakers = sorted({c.speaker for c in clips})
        by_speaker = {s: [c for c in clips if c.speaker == s] for s in speakers}
        self._speakers = [Speaker(every, own[every[0].corpus], card, seconds) for every in by_speaker.values()]
        self._usual = [
            _mean_voice([other.neutral for other in self._speakers if other is not one]) for one in self._speakers
        ]

    def run(self, form: Form, is_of_others: bool = False) -> list[Outcome]:
        """Judge everybody without a baseline and with one: his own, or as a control one of each other speaker."""
        return [
            speaker.run(form, usual, self._voices_of_others(speaker) if is_of_others else speaker.voices)
            for speaker, usual in zip(self._speakers, self._usual, strict=True)
        ]

    def _voices_of_others(self, speaker: Speaker) -> list[Voice]:
        others = [other for other in self._speakers if other is not speaker]
        return [others[number % len(others)].voices[number] for number in range(N_DRAWS)]


class Speaker:
    """All clips of one speaker, and the draws from his ordinary voice."""

    def __init__(self, clips: Sequence[Clip], own: Collection[str], card: Any, seconds: float) -> None:
        self._clips, self._labels = clips, card.labels
        self._truth = np.array([card.labels.index(clip.emotion) for clip in clips])
        self._is_heard = np.array([clip.heard.weights.size > 0 for clip in clips])
        self._own = np.array([label in own for label in card.labels])
        heard = [clip.heard for clip in clips if clip.heard.weights.size]
        self._windows = np.concatenate([clip.probabilities for clip in heard])
        self._shares = np.concatenate([clip.weights / clip.weights.sum() for clip in heard])[:, np.newaxis]
        self._starts = np.cumsum([0, *(clip.weights.size for clip in heard[:-1])])
        self._plain = self._judge(lambda p: p)
        self._draws = [self._draw(number, seconds) for number in range(N_DRAWS)]
        self.voices = [_voice(card, [clips[place].heard for place in drawn]) for drawn in self._draws]
        self.neutral = _voice(card, [c.heard for c in clips if c.emotion == "neutral" and c.heard.weights.size])

    def run(self, form: Form, usual: Voice, voices: Sequence[Voice]) -> Outcome:
        """Judge all clips but those drawn, without and with a baseline of the given voice, in every draw."""
        n_labels = len(self._labels)
        counts, losses, n_judged = np.zeros((2, n_labels, n_labels + 1)), np.zeros(2), 0
        for drawn, voice in zip(self._draws, voices, strict=True):
            is_judged = np.ones(len(self._clips), dtype=bool)
            is_judged[drawn] = False
            adapted = self._judge(form(voice, usual))
            for side, (guesses, of_clips) in enumerate((self._plain, adapted)):
                np.add.at(counts[side], (self._truth[is_judged], guesses[is_judged]), 1 / N_DRAWS)
                losses[side] += of_clips[is_judged].sum()
            n_judged += int(is_judged.sum())
        neutral = self._labels.index("neutral")
        hits = counts[:, neutral, neutral] / counts[:, neutral].sum(axis=1)
        seconds = float(np.mean([voice.baseline.speech_seconds for voice in voices]))
        one, means = self._clips[0], (losses / n_judged).tolist()
        return Outcome(one.corpus, one.speaker, *counts, *means, tuple(hits.tolist()), seconds)

    def _draw(self, number: int, seconds: float) -> list[int]:
        """Draw clips of the ordinary voice, and leave one of each emotion."""
        clips = self._clips
        rng = np.random.default_rng([number, round(seconds), zlib.crc32(clips[0].speaker.encode())])
        there = [n for n, c in enumerate(clips) if c.emotion in ORDINARY and c.heard.weights.size]
        drawn: list[int] = []
        for place in rng.permutation(there).tolist():
            rest = {clips[n].emotion for n in there if n not in (*drawn, place)}
            if clips[place].emotion in rest:
                drawn.append(place)
            if sum(clips[n].heard.speech_seconds for n in drawn) >= seconds:
                break
        return drawn

    def _judge(self, shift: Shift) -> tuple[NDArray[np.int64], Floats]:
        """Give the label's column and the log-loss of every clip; one without speech is wrong and has no loss."""
        means = np.add.reduceat(shift(self._windows) * self._shares, self._starts, axis=0) * self._own
        means /= means.sum(axis=1, keepdims=True)
        guesses = np.full(len(self._clips), len(self._labels))
        losses = np.zeros(len(self._clips))
        guesses[self._is_heard] = means.argmax(axis=1)
        right = means[np.arange(len(means)), self._truth[self._is_heard]]
        losses[self._is_heard] = -np.log(np.maximum(right, 1e-9))
        return guesses, losses


def report_scores(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Score each corpus and all together; intervals draw speakers, the same without and with."""
    corpora = sorted({o.corpus for o in outcomes})
    parts = {name: [o for o in outcomes if o.corpus == name] for name in corpora}
    return {name: _score(part) for name, part in {**parts, "pooled": list(outcomes)}.items()}


def _voice(card: Any, clips: Sequence[HeardClip]) -> Voice:
    weights = np.concatenate([clip.weights for clip in clips])
    logs = np.log(np.maximum(np.concatenate([clip.probabilities for clip in clips]), _FLOOR))
    return Voice(make_baseline(card, clips), weights @ logs / weights.sum())


def _mean_voice(voices: Sequence[Voice]) -> Voice:
    mean = np.mean([voice.baseline.probabilities for voice in voices], axis=0)
    baseline = replace(voices[0].baseline, probabilities=tuple(mean.tolist()))
    return Voice(baseline, np.mean([voice.mean_log for voice in voices], axis=0))


def _scaled(values: Floats) -> Floats:
    return np.asarray(values / values.sum(axis=-1, keepdims=True))


def _uar(counts: Floats) -> float:
    return float(mean_recall(counts))


def _score(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    order = sorted(outcomes, key=lambda o: o.speaker)
    pairs = np.array([[o.before, o.after] for o in order])
    change = draw_speakers([o.speaker for o in order]).bound(
        pairs, lambda sums: mean_recall(sums[..., 1, :, :]) - mean_recall(sums[..., 0, :, :])
    )
    uars = np.array([[_uar(o.before), _uar(o.after)] for o in order])
    gains = uars[:, 1] - uars[:, 0]
    of_pair = {
        "uar": mean_recall(pairs.sum(axis=0)),
        "worst_speaker_uar": uars.min(axis=0),
        "neutral_recall_of_a_speaker": np.mean([o.neutral_recall for o in order], axis=0),
        "worst_neutral_recall": np.min([o.neutral_recall for o in order], axis=0),
        "log_loss_of_a_speaker": np.mean([(o.loss_before, o.loss_after) for o in order], axis=0),
    }
    return {
        "n_speakers": len(order),
        "n_clips_judged": round(float(pairs[:, 0].sum()), 1),
        "mean_seconds": round(float(np.mean([o.seconds for o in order])), 1),
        "change": {key: None if v is None else round(v, 4) for key, v in change.to_dict().items()},
        "n_speakers_better": int((gains > 1e-9).sum()),
        "n_speakers_worse": int((gains < -1e-9).sum()),
        **{key: [round(float(value), 4) for value in pair] for key, pair in of_pair.items()},
    }


def _row(run: Mapping[str, Any]) -> list[str]:
    pooled = run["pooled"]
    change = pooled["change"]
    return [
        f"{run['condition']}, up to {run['up_to_seconds']:g} s (mean {pooled['mean_seconds']:.1f})",
        "{:.3f}".format(pooled["uar"][0]),
        "{:.3f}".format(pooled["uar"][1]),
        f"{change['value']:+.3f} [{change['low']:+.3f}, {change['high']:+.3f}]",
        "{:.3f} -> {:.3f}".format(*pooled["neutral_recall_of_a_speaker"]),
        "{:.3f} -> {:.3f}".format(*pooled["log_loss_of_a_speaker"]),
    ]


def _best_row(run: Mapping[str, Any] | None = None) -> list[str]:
    if run is None:
        return ["form (validation speakers)", "constants", "UAR of a speaker", "log-loss"]
    constants = {key: run[key] for key in ("full", "half_seconds", "scale", "usual_odds") if key in run}
    return [
        run["form"],
        ", ".join(f"{key} {value}" for key, value in constants.items()),
        f"{run['uar_gain_of_a_speaker']:+.4f} ± {run['standard_error']:.4f}",
        f"{run['log_loss_change']:+.4f} ± {run['log_loss_standard_error']:.4f}",
    ]


if __name__ == "__main__":
    main()
