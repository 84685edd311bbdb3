"""A model card from beginning to end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emotrace.bundle import Card
from emotrace.learn.model_card._figures import tell_confidence, tell_fairness, tell_robustness, tell_scores
from emotrace.learn.model_card._front_matter import front_matter
from emotrace.learn.model_card._tables import table
from emotrace.learn.model_card._yaml import to_yaml

Facts = Mapping[str, Any]

_USES = (
    "research on emotion in speech, and teaching;",
    "summaries of many recordings, where single mistakes do not matter, with the uncertain ones left out;",
    "avatars, games and art that react to a voice, with the consent of whom it belongs to.",
)
_NOT_FOR = (
    "**inferring the emotions of people at work or in education**: in the European Union it is prohibited (AI "
    "Act, Regulation (EU) 2024/1689, Article 5(1)(f)), but for medical or safety reasons; elsewhere, too, it has "
    "no place in judging staff or pupils;",
    "**hiring**, promotion, dismissal, insurance, credit, policing, border control;",
    "**detecting lies**: no voice tells of them, and this model was taught nothing of the kind;",
    "diagnosing illness, or telling whether somebody is in danger;",
    "any decision about a person without a human who has listened.",
)
_LIMITS = (
    "**Acted speech.** The public corpora above hold actors and volunteers asked to sound like something, in "
    "quiet rooms, with given sentences. What people feel, and how they sound when nobody asked them to, is "
    "something else: on real talk expect it to be more often wrong than these figures say.",
    "It hears how something is said as listeners might label it, not what is meant nor what is felt.",
    "Languages, ages, dialects and voices that are not in the corpora above were never heard.",
    "A label that one corpus only has is anchored nowhere else.",
)
_SEX_LIMITS = (
    "It says how a voice sounds to a model that was taught by people labelled female or male; that is not who a "
    "person is, and nothing about a person should be decided by it.",
    "The corpora above hold adults who act, in quiet rooms: children, other languages and voices like none of "
    "theirs were never heard.",
)


def make_model_card(
    card: Card,
    evaluation: Facts | None = None,
    robustness: Facts | None = None,
    has_licence_file: bool = False,
) -> str:
    """Give the model card of a bundle: YAML for machines, then Markdown for people.

    Parameters
    ----------
    card
        The bundle's own card.
    evaluation
        What ``emotrace evaluate`` wrote (`read_evaluation`); without it the scores are those of ``card``, and
        nothing is said of fairness.
    robustness
        What ``emotrace robustness`` wrote (`read_robustness`), or None.
    has_licence_file
        Whether a file LICENSE lies beside the model.
    """
    corpora, pooled = _scores(card, evaluation)
    body = _tell(card, corpora, pooled, robustness)
    return f"---\n{to_yaml(front_matter(card, corpora, has_licence_file))}---\n\n" + "\n\n".join(body) + "\n"


def _scores(card: Card, evaluation: Facts | None) -> tuple[dict[str, Any], Facts | None]:
    """Give the scores of every corpus, and those of all speech together where they are known."""
    if evaluation is not None:
        return dict(evaluation["corpora"]), evaluation["pooled"]
    corpora = {
        name: scores
        for name, scores in card.metrics.items()
        if isinstance(scores, Mapping) and "unweighted_average_recall" in scores
    }
    return corpora, corpora.pop("pooled", None)


def _tell(card: Card, corpora: Facts, pooled: Facts | None, robustness: Facts | None) -> Iterator[str]:
    yield f"# {card.name}"
    if card.description:
        yield card.description
    yield from _tell_what(card)
    if card.kind == "emotion":
        yield from _tell_use()
    yield from _tell_data(card)
    if card.kind == "emotion":
        yield from tell_scores(card, corpora, pooled)
        yield from tell_confidence(card, pooled)
        yield from tell_fairness(pooled)
        yield from tell_robustness(robustness)
        yield "## Limits"
        yield _list(_LIMITS)
    if card.kind == "sex":
        yield from tell_scores(card, corpora, pooled)
        yield "## Limits"
        yield _list(_SEX_LIMITS)
    yield from _tell_making(card)


def _tell_what(card: Card) -> Iterator[str]:
    size = card.files["model.onnx"]["bytes"] / 1e6
    takes = (
        f"a waveform at {card.sampling_rate} Hz"
        if card.features is None
        else f"the features `{card.features['set']}`"
    )
    gives = (
        f"the probability that somebody speaks, every {card.frame_seconds:g} s"
        if card.kind == "speech"
        else f"the probabilities of {', '.join(card.labels)}"
    )
    yield (
        f"One ONNX graph of {size:.1f} MB that takes {takes} and gives {gives}. It judges "
        f"{card.window_seconds:g} s at a time, moved by {card.hop_seconds:g} s. A bundle is data only: no code, "
        "no pickle; nothing is sent anywhere."
    )
    if card.kind == "emotion":
        yield f"Shown unless asked otherwise: {', '.join(card.shown_labels)}."
        yield (
            '```python\nimport emotrace\n\nrecogniser = emotrace.load("PATH/OF/THIS/FOLDER")\n'
            'print(recogniser.predict("clip.wav"))\n```'
        )


def _tell_use() -> Iterator[str]:
    yield "## Intended use"
    yield _list(_USES)
    yield "## Not for"
    yield _list(_NOT_FOR)
    yield (
        "In the European Union people who are exposed to emotion recognition must be told (Article 50(3)), and "
        "where it is allowed it is high-risk (Annex III)."
    )


def _tell_data(card: Card) -> Iterator[str]:
    yield "## Data and licences"
    yield f"**{card.licence}**"
    if card.corpora:
        yield table(
            ("corpus", "licence", "clips", "speakers", "labels", "citation"),
            [
                (
                    entry["name"],
                    entry["licence"],
                    str(entry["n_utterances"]),
                    str(entry["n_speakers"]),
                    ", ".join(entry.get("labels", ())),  # type: ignore[arg-type]
                    entry["citation"],
                )
                for entry in card.corpora
            ],
        )
        yield "Clips and speakers are those it was trained on. No recording is part of the model."


def _tell_making(card: Card) -> Iterator[str]:
    yield "## How it was made"
    known = {
        "made": card.created,
        "by": f"emotrace {card.code_version}" if card.code_version else "",
        "hears through": str(card.training.get("speech_encoder", "")),
        "parameters learnt": _number(card.training.get("n_parameters")),
        "epochs": _number(card.training.get("epochs") or None),
        "training took": f"{card.training['seconds'] / 60:.0f} min"
        if _number(card.training.get("seconds"))
        else "",
        "SHA-256 of model.onnx": f"`{card.files['model.onnx']['sha256']}`",
    }
    yield table(("what", ""), [(what, value) for what, value in known.items() if value])
    yield "Everything else stands in `card.json`: the whole recipe, and the names of all speakers on every side."


def _number(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:,}" if is_number else ""


def _list(entries: tuple[str, ...]) -> str:
    return "\n".join(f"- {entry}" for entry in entries)
