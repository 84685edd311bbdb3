"""A bundle's card as people read it: what it hears and learnt from, under which terms, and what it is not for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from emotrace.app.views.parts import draw_emotion, draw_figures, draw_table
from emotrace.bundle import Card
from emotrace.learn.model_card.write import _NOT_FOR
from emotrace.markup import Child, Html, element

_SIDES = {"train": "trained on", "validation": "tuned on", "test": "never heard, to judge it"}
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def draw_card(card: Card, place: str) -> Html:
    """Draw the card of a bundle that lies at ``place``."""
    is_emotion = card.kind == "emotion"
    return element(
        "div",
        element("h2", card.name),
        element("p", card.description, class_="lead") if card.description else None,
        element("p", element("b", "Terms: "), card.licence, class_="lawful"),
        draw_figures(_figures(card)),
        _labels(card) if is_emotion else None,
        element("div", _facts(card, place), _speakers(card), class_="pair"),
        _corpora(card),
        _not_for() if is_emotion else None,
        class_="explore models card-of",
    )


def _figures(card: Card) -> list[tuple[str, str]]:
    size = card.files.get("model.onnx", {}).get("bytes")
    found = [(f"{size / 1e6:.1f} MB", "one ONNX graph, data only")] if size else []
    if card.labels:
        found.append((str(len(card.labels)), "labels"))
    if card.corpora:
        found.append((f"{sum(entry['n_utterances'] for entry in card.corpora):,}", "clips it learnt from"))
    trained = card.split.get("train_speakers")
    if trained:
        found.append((f"{len(trained):,}", "speakers it learnt from"))
    return found


def _labels(card: Card) -> Html:
    shown = card.shown_labels
    chips = [
        element(
            "li",
            draw_emotion(label),
            element("small", "not shown unless asked for") if label not in shown else None,
        )
        for label in card.labels
    ]
    return element("section", element("h3", "What it chooses between"), element("ul", chips, class_="chips"))


def _facts(card: Card, place: str) -> Html:
    takes = f"sound at {card.sampling_rate:,} Hz"
    if card.features is not None:
        takes = f"the features {card.features['set']}, of sound at {card.features['sampling_rate']:,} Hz"
    calibration = card.calibration
    rows: list[tuple[str, Child]] = [
        ("takes", takes),
        (
            "judges",
            f"{card.window_seconds:g} s at a time, moved by {card.hop_seconds:g} s; "
            f"at least {card.minimum_seconds:g} s",
        ),
    ]
    if "uncertain_below" in calibration:
        kept = (
            f", which keeps {100 * calibration['coverage']:.0f} % on validation speakers"
            if "coverage" in calibration
            else ""
        )
        rows.append(("says uncertain", f"below a confidence of {calibration['uncertain_below']:g}{kept}"))
    if "temperature" in calibration:
        rows.append(("calibrated", f"by a temperature of {calibration['temperature']:g}, within the graph"))
    if card.created:
        rows.append(("made", f"{card.created[:10]}, emotrace {card.code_version}"))
    digest = card.files.get("model.onnx", {}).get("sha256")
    if digest:
        rows.append(("SHA-256", element("code", f"{digest[:16]}…", title=digest)))
    rows.append(("lies in", element("code", place)))
    parts = [(element("dt", name), element("dd", value)) for name, value in rows]
    return element("section", element("h3", "How it works"), element("dl", parts))


def _speakers(card: Card) -> Html | None:
    split = card.split
    sides = [(words, split.get(f"{side}_speakers") or ()) for side, words in _SIDES.items()]
    if not any(speakers for _, speakers in sides):
        return None
    rows = [[words, str(len(speakers)), _by_corpus(speakers)] for words, speakers in sides]
    protocol = " ".join(str(part) for part in (split.get("protocol", ""), _fold(split)) if part)
    table = draw_table(["speakers", "number", "of which"], rows, "No speaker is on two sides")
    note = element("p", f"Protocol {protocol}.", class_="soft") if protocol else None
    return element("section", table, note, class_="wordy")


def _by_corpus(speakers: Any) -> str:
    counts: dict[str, int] = {}
    for speaker in speakers:
        corpus = str(speaker).partition(":")[0]
        counts[corpus] = counts.get(corpus, 0) + 1
    return ", ".join(f"{corpus} {n}" for corpus, n in sorted(counts.items()))


def _fold(split: Mapping[str, Any]) -> str:
    return f"fold {split['fold']}" if "fold" in split else ""


def _corpora(card: Card) -> Html | None:
    if not card.corpora:
        return None
    rows = [
        [
            element("span", entry["name"], title=entry["citation"]),
            f"{entry['n_utterances']:,}",
            str(entry["n_speakers"]),
            entry["licence"],
        ]
        for entry in card.corpora
    ]
    table = draw_table(["corpus", "clips", "speakers", "licence"], rows, "What it learnt from")
    cited = [element("li", entry["citation"]) for entry in card.corpora]
    details = element("details", element("summary", "How to cite them"), element("ul", cited), class_="problems")
    return element("section", table, details, class_="wordy")


def _not_for() -> Html:
    return element(
        "section",
        element("h3", "Not for"),
        element("ul", [element("li", _bold(line)) for line in _NOT_FOR], class_="not-for"),
        element(
            "p",
            "In the European Union people who are exposed to emotion recognition must be told (AI Act, Article "
            "50(3)).",
            class_="soft",
        ),
        class_="panel",
    )


def _bold(line: str) -> list[Child]:
    return [element("b", part) if k % 2 else part for k, part in enumerate(_BOLD.split(line))]
