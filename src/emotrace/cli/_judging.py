"""Judge a bundle on labelled speech, through the very path that users' recordings take."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from emotrace.audio.load import load_segment
from emotrace.bundle import Bundle, Card, load_bundle
from emotrace.cli._output import open_output, tell, warn_in_one_line
from emotrace.cli._progress import ProgressLine
from emotrace.errors import AudioError, EmotraceError, LeakError, MissingExtraError
from emotrace.hear.recognizer import Recogniser
from emotrace.labels import NO_SPEECH, SEXES, restrict
from emotrace.learn.evaluation.answers import answer_row, write_answers
from emotrace.learn.training.data import OWN_SPEECH, is_sung
from emotrace.manifest import UNKNOWN_SPEAKER
from emotrace.plural import plural
from emotrace.types import Prediction, Utterance

_HEADLINES = (
    "unweighted_average_recall",
    "accuracy",
    "macro_f1",
    "log_loss",
    "brier_score",
    "expected_calibration_error",
)


@dataclass(frozen=True)
class Judgement:
    """Scores per corpus and pooled, every single prediction, and the clips that could not be used.

    Of a bundle of speakers' sex, ``heard`` has that in place of the emotion, in truth and prediction. ``own`` are
    the labels that each corpus was judged by; ``unusable`` are files with the reason.
    """

    report: dict[str, Any]
    heard: list[tuple[Utterance, Prediction]]
    own: dict[str, tuple[str, ...]]
    labels: tuple[str, ...]
    unusable: list[tuple[str, str]]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row for each clip that could be used, ready for a table."""
        return [_row(utterance, p, self.own[utterance.corpus], self.labels) for utterance, p in self.heard]


def recogniser_of(bundle: Bundle) -> Recogniser:
    """Give the recogniser that says all that a bundle can; one of speakers' sex hears beside the default one."""
    speech = load_bundle("speech")
    if bundle.card.kind == "sex":
        return Recogniser(load_bundle(), speech, sex_bundle=bundle)
    return Recogniser(bundle, speech, labels="all")


def judge(
    recogniser: Recogniser,
    utterances: Sequence[Utterance],
    progress: Callable[[int, int], None] | None = None,
    labels: Sequence[str] | None = None,
) -> Judgement:
    """Predict every utterance and score each corpus among its own labels, or all among ``labels``.

    ``recogniser`` is as `recogniser_of` gives it; with a bundle of speakers' sex it is judged by that alone, on
    the clips whose speaker's sex is known. A clip in which it hears no speech counts as wrong.
    """
    from emotrace.learn.evaluation.predictions import score_by_corpus

    bundle, shown, predict = recogniser.bundle, recogniser.labels, _predict
    if recogniser.sex_bundle is not None:
        bundle, shown, predict = recogniser.sex_bundle, SEXES, _predict_sex
        # No answer is ruled out, though all speakers of a corpus may be women.
        utterances, labels = _ask_sex(utterances), SEXES
    heard: list[tuple[Utterance, Prediction]] = []
    unusable: list[tuple[str, str]] = []
    for done, utterance in enumerate(utterances, start=1):
        try:
            heard.append((utterance, predict(recogniser, utterance)))
        except (AudioError, MissingExtraError) as error:
            unusable.append((utterance.file, str(error)))
        if progress is not None:
            progress(done, len(utterances))
    if not heard:
        raise EmotraceError("none of the clips could be used; nothing to judge")
    if labels is None:
        own = own_labels(bundle.card, utterances)
    else:
        own = {utterance.corpus: tuple(labels) for utterance in utterances}
    card = bundle.card
    report = {
        "bundle": card.name,
        "model_sha256": card.files["model.onnx"]["sha256"],
        "protocol": dict(card.split),
        "calibration": dict(card.calibration),
        "n_unusable": len(unusable),
        "unusable": [{"file": file, "reason": reason} for file, reason in unusable],
        "speech_detector": _detector_facts(recogniser, utterances),
        **score_by_corpus(heard, shown, own, is_sung),
    }
    return Judgement(report, heard, own, shown, unusable)


def _detector_facts(recogniser: Recogniser, utterances: Sequence[Utterance]) -> dict[str, Any]:
    """Say whose speech the detector before the bundle has heard: it can make no score, but should be known."""
    card = recogniser.speech_bundle.card
    known = {u.speaker for u in utterances if _is_known(card, "train", u)}
    return {"bundle": card.name, "n_speakers_it_was_trained_on": len(known)}


def own_labels(card: Card, utterances: Sequence[Utterance]) -> dict[str, tuple[str, ...]]:
    """Give each corpus the labels it is judged by.

    Those are the labels it was trained with and those it is seen with; a corpus that the bundle was not trained
    on is judged by all labels that are shown by default, for an answer is not right because others are not
    allowed.
    """
    entries: list[dict[str, Any]] = [dict(entry) for entry in card.corpora]
    trained: dict[str, Sequence[str]] = {entry["name"]: entry.get("labels", ()) for entry in entries}
    own: dict[str, tuple[str, ...]] = {}
    for corpus in {u.corpus for u in utterances}:
        seen = {u.emotion for u in utterances if u.corpus == corpus}
        unknown = sorted(seen - set(card.labels))
        if unknown:
            raise EmotraceError(
                f"the manifest has {', '.join(unknown)}, which bundle '{card.name}' does not give; it gives "
                f"{', '.join(card.labels)}; leave those rows out or use another bundle"
            )
        wanted = seen | set(trained.get(corpus or OWN_SPEECH) or card.shown_labels)
        own[corpus] = tuple(label for label in card.labels if label in wanted)
    return own


def refuse_known_speakers(card: Card, utterances: Sequence[Utterance], assume_unheard: bool = False) -> None:
    """Raise `LeakError` unless the bundle has never been trained or tuned on a speaker of ``utterances``.

    What cannot be known, clips without a speaker or a card without speakers, is refused too, unless the user
    vouches for it with ``assume_unheard``.
    """
    named = [
        f"{side}: {_few(speakers)}"
        for side in ("train", "validation")
        if (speakers := sorted({u.speaker for u in utterances if _is_known(card, side, u)}))
    ]
    if named:
        raise LeakError(
            f"bundle '{card.name}' knows speakers of this manifest ({'; '.join(named)}); scores on them say "
            "nothing: add --held-out to judge only the speakers it has never heard"
        )
    if assume_unheard:
        return
    if not card.split.get("train_speakers"):
        raise LeakError(
            f"the card of bundle '{card.name}' does not say whom it was trained on; add --assume-unheard if you "
            "know that it has never heard these speakers"
        )
    nameless = sum(u.speaker in ("", UNKNOWN_SPEAKER) for u in utterances)
    if nameless:
        raise LeakError(
            f"{nameless} {plural(nameless, 'clip')} without a speaker: nobody can tell whether bundle "
            f"'{card.name}' has heard them; add a column 'speaker', or --assume-unheard if you know it has not"
        )


def held_out(card: Card, utterances: Sequence[Utterance]) -> list[Utterance]:
    """Keep the utterances of speakers that the bundle has neither been trained nor tuned on."""
    kept = [u for u in utterances if not any(_is_known(card, side, u) for side in ("train", "validation"))]
    if not kept:
        raise EmotraceError(f"bundle '{card.name}' knows every speaker of this manifest; nothing is held out")
    return kept


def _is_known(card: Card, side: str, utterance: Utterance) -> bool:
    # A manifest may name speakers within their corpus: 02 of ravdess is ravdess:02.
    known = card.split.get(f"{side}_speakers", ())
    return utterance.speaker in known or f"{utterance.corpus}:{utterance.speaker}" in known


def headline_metrics(report: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a card shows: the scores of each corpus and of all together, with their intervals."""
    parts = {**report["corpora"], "pooled": report["pooled"]}
    return {
        name: {
            "n": scores["n"],
            "n_speakers": scores["n_speakers"],
            "n_no_speech": scores["n_no_speech"],
            **{key: _interval(scores[key]) for key in _HEADLINES},
        }
        for name, scores in parts.items()
    }


def judge_into(
    folder: Path,
    recogniser: Recogniser,
    utterances: Sequence[Utterance],
    labels: Sequence[str] | None = None,
    *,
    on_stderr: bool = False,
) -> Judgement:
    """Judge with progress, write the report into ``folder``, and tell the scores and what could not be used.

    ``labels`` as for `judge`. The scores go to standard output, unless they are only a step to others.
    """
    with warn_in_one_line(), ProgressLine("judging") as progress:
        judgement = judge(recogniser, utterances, progress, labels)
    write_judgement(judgement, folder)
    for line in summary_lines(judgement.report):
        typer.echo(line, err=on_stderr)
    for _, reason in judgement.unusable:
        tell(reason)
    return judgement


def write_judgement(judgement: Judgement, folder: Path) -> None:
    """Write ``report.json`` and ``predictions.csv``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmotraceError(f"cannot write into {folder}: {error.strerror}") from None
    with open_output(folder / "report.json") as stream:
        json.dump(judgement.report, stream, indent=1, ensure_ascii=False, allow_nan=False)
        stream.write("\n")
    with open_output(folder / "predictions.csv") as stream:
        write_answers(judgement.rows, stream)


def summary_lines(report: Mapping[str, Any]) -> list[str]:
    """Say the scores in lines for the terminal."""
    lines = [f"{'corpus':<14} {'clips':>6} {'speakers':>8}  {'UAR [95 %]':<22} {'accuracy':>8} {'ECE':>7}"]
    for name, scores in {**report["corpora"], "pooled": report["pooled"]}.items():
        uar = scores["unweighted_average_recall"]
        interval = "" if uar["low"] is None else f" [{uar['low']:.3f}, {uar['high']:.3f}]"
        ece = scores["expected_calibration_error"]["value"]
        lines.append(
            f"{name:<14} {scores['n']:>6} {scores['n_speakers']:>8}  {uar['value']:.3f}{interval:<17} "
            f"{scores['accuracy']['value']:>8.3f} {'-' if ece is None else format(ece, '.3f'):>7}"
        )
    return lines + _trust_lines(report["pooled"])


def _trust_lines(pooled: Mapping[str, Any]) -> list[str]:
    """Say who is understood worst, and what the mark *uncertain* is worth."""
    lines = []
    worst = pooled["worst_speaker"]
    if worst is not None and pooled["n_speakers"] > 1:
        lines.append(
            f"worst understood: {worst['speaker']}, UAR {worst['unweighted_average_recall']:.3f} of {worst['n']} "
            f"clips; speakers' mean {worst['mean_of_speakers']:.3f}"
        )
    marked = pooled.get("uncertain")
    if marked is not None and marked["accuracy_if_certain"] is not None and marked["n_uncertain"]:
        lines.append(
            f"uncertain: {100 * (1 - marked['coverage']):.0f} % of the answers, accuracy "
            f"{marked['accuracy_if_uncertain']:.3f}; of the others {marked['accuracy_if_certain']:.3f}"
        )
    return lines


def _predict(recogniser: Recogniser, utterance: Utterance) -> Prediction:
    if utterance.segment is None:
        return recogniser.predict(utterance.file)
    rate = recogniser.sampling_rate
    return recogniser.predict(load_segment(utterance.file, utterance.segment, rate), sampling_rate=rate)


def _predict_sex(recogniser: Recogniser, utterance: Utterance) -> Prediction:
    """Give the sex that is heard where an emotion stands, so that it is scored as one."""
    prediction = _predict(recogniser, utterance)
    shares = prediction.speaker_sex
    if not shares:
        return prediction
    sex = max(shares, key=shares.__getitem__)
    return replace(prediction, emotion=sex, confidence=shares[sex], uncertain=False, probabilities=shares)


def _ask_sex(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Give the clips whose speaker's sex is known, with that where an emotion stands."""
    known = [replace(u, emotion=u.sex) for u in utterances if u.sex is not None]
    if not known:
        raise EmotraceError(
            "the manifest does not say the sex of any speaker; fill in the column 'sex' with female or male"
        )
    return known


def _row(
    utterance: Utterance, prediction: Prediction, own: Sequence[str], labels: Sequence[str]
) -> dict[str, Any]:
    probabilities = restrict(prediction.probabilities, own) if prediction.is_speech else {}
    guess = max(probabilities, key=lambda label: probabilities[label]) if probabilities else NO_SPEECH
    return answer_row(utterance, guess, probabilities, labels, prediction.speech_seconds)


def _interval(score: Any) -> Any:
    if isinstance(score, Mapping):
        return {key: None if score[key] is None else round(score[key], 4) for key in ("value", "low", "high")}
    return score


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
