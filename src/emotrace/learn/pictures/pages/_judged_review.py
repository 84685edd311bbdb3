"""The misclassified clips: to be filtered, looked at and listened to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from emotrace.learn.explore.judged import Answer
from emotrace.learn.pictures._sound import Sound
from emotrace.learn.pictures.pages._parts import Sounds, emotion, section
from emotrace.learn.pictures.pages._words import NO_VALUE, count, percent
from emotrace.markup import Html, element

_MOST_ROWS = 2_000
_BARS_WIDTH = 260
_BARS_HEIGHT = 32


@dataclass(frozen=True)
class Review:
    """One mistake to look at; ``sound`` is in the page, else ``address`` leads to it, if it is still there."""

    run: str
    answer: Answer
    sound: Sound | None
    address: str | None


def draw_review(
    review: Sequence[Review], n_answers: int, runs: Sequence[str], labels: Sequence[str], sounds: Sounds
) -> Html:
    """Give the section.

    Parameters
    ----------
    review
        The mistakes, the surest first.
    n_answers
        How many answers there are in all.
    runs
        Names of the runs; a column and a filter tell them apart where there are several.
    labels
        That have a colour.
    sounds
        Where the recordings are gathered.
    """
    title = "Listen to the mistakes"
    if not review:
        return section("review", title, lead="There are none.")
    shown = review[:_MOST_ROWS]
    verb = "is" if len(review) == 1 else "are"
    lead = (
        f"{count(len(review), 'answer')} of {n_answers:,} {verb} wrong, the surest first. Would you have known? "
        "Some are hard even for people; some labels may be wrong."
    )
    more = f"The surest {_MOST_ROWS:,} of them are listed." if len(review) > len(shown) else None
    return section(
        "review",
        title,
        element("p", more, class_="note") if more else None,
        _filters(shown, runs, labels),
        _table(shown, runs, labels, sounds),
        # Without scripts all rows are shown, and nothing is left to ask for.
        element("button", "Show more", type="button", class_="more", data_more="review-rows", hidden=True),
        lead=lead,
    )


def _filters(review: Sequence[Review], runs: Sequence[str], labels: Sequence[str]) -> Html:
    choices = [
        _choice("true", [entry.answer.emotion for entry in review], labels),
        _choice("heard", [entry.answer.predicted for entry in review], labels),
    ]
    if len(runs) > 1:
        choices.insert(0, _choice("run", [entry.run for entry in review], runs))
    words = "file or speaker"
    search = element("input", type="search", data_filter="words", placeholder=words, aria_label=words)
    tally = element("output", "", aria_live="polite")
    return element("div", *choices, search, tally, class_="filters", role="search", data_table="review-rows")


def _choice(name: str, found: Sequence[str], order: Sequence[str]) -> Html:
    values = [value for value in order if value in found]
    values += sorted(set(found) - set(values))
    options = [element("option", f"any ({len(found):,})", value="")]
    options += [element("option", f"{value} ({found.count(value):,})", value=value) for value in values]
    return element("label", f"{name} ", element("select", *options, data_filter=name))


def _table(review: Sequence[Review], runs: Sequence[str], labels: Sequence[str], sounds: Sounds) -> Html:
    has_runs = len(runs) > 1
    heads = ("", *(("run",) if has_runs else ()), "true", "heard", "probabilities", "clip")
    head = element("thead", element("tr", *(element("th", title, scope="col") for title in heads)))
    body = element("tbody", *(_row(entry, has_runs, labels, sounds) for entry in review))
    return element("div", element("table", head, body, id="review-rows"), class_="scroll")


def _row(entry: Review, has_runs: bool, labels: Sequence[str], sounds: Sounds) -> Html:
    answer = entry.answer
    cells = [
        _play(entry, sounds),
        *([element("span", entry.run)] if has_runs else []),
        emotion(answer.emotion, labels),
        emotion(answer.predicted, labels),
        _bars(answer, labels),
        _clip(answer),
    ]
    return element(
        "tr",
        *(element("td", cell) for cell in cells),
        data_true=answer.emotion,
        data_heard=answer.predicted,
        data_run=entry.run,
    )


def _clip(answer: Answer) -> Html:
    stretch = "" if answer.start is None else f" {answer.start:g}–{answer.end:g} s"
    who = " · ".join(filter(None, (answer.speaker, answer.sex, answer.intensity)))
    return element(
        "span", PurePath(answer.file).name, stretch, element("small", who), class_="file", title=answer.file
    )


def _play(entry: Review, sounds: Sounds) -> Html:
    answer = entry.answer
    key = f"{answer.file} {answer.start} {answer.end}"
    words = f"{PurePath(answer.file).name}, {answer.emotion} heard as {answer.predicted}"
    if entry.sound is not None:
        return sounds.button(key, entry.sound, words)
    if entry.address is not None:
        return sounds.linked_button(key, entry.address, words)
    return element("span", NO_VALUE, title="The recording is no longer where it was.")


def _bars(answer: Answer, labels: Sequence[str]) -> Html:
    """Draw the probabilities as small bars, the true one marked; the confidence alone if that is all there is."""
    if not answer.probabilities:
        return element("span", percent(answer.confidence))
    step = _BARS_WIDTH / len(answer.probabilities)
    shapes = [element("line", x1=0, x2=_BARS_WIDTH, y1=_BARS_HEIGHT + 1.5, y2=_BARS_HEIGHT + 1.5)]
    for place, (label, probability) in enumerate(answer.probabilities.items()):
        height = _BARS_HEIGHT * probability
        shapes.append(
            element(
                "rect",
                element("title", f"{label} {percent(probability, 1)}"),
                x=f"{place * step + 1:.1f}",
                width=f"{step - 3:.1f}",
                y=f"{_BARS_HEIGHT + 1 - height:.1f}",
                height=f"{max(height, 0.5):.1f}",
                class_=f"e{list(labels).index(label)}" if label in labels else "e-none",
            )
        )
        if label == answer.emotion:
            left = place * step + step / 2 - 4.5
            shapes.append(element("path", d=f"M{left:.1f} 44l4 -6l4 6z", class_="mark"))
    said = ", ".join(f"{label} {percent(p)}" for label, p in answer.probabilities.items() if p >= 0.05)
    return element("svg", *shapes, class_="bars", viewBox=f"0 0 {_BARS_WIDTH} 46", role="img", aria_label=said)
