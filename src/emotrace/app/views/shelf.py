"""What is on a shelf of clips: how many of what, and a list to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from emotrace.app.exploring.shelf import Shelf
from emotrace.app.views.parts import draw_bar, draw_emotion, draw_figures, draw_table, fill
from emotrace.labels import EMOTIONS
from emotrace.learn.explore.groups import count_groups, cross_table
from emotrace.markup import Child, Html, element
from emotrace.types import Utterance

MOST_ROWS = 200
_MOST_PROBLEMS = 50
_TITLES = {"emotion": "Emotion", "sex": "Sex", "intensity": "Intensity", "speaker": "Speaker"}


def draw_shelf(shelf: Shelf) -> Html:
    """Draw what there is: counts by emotion, sex, intensity and speaker, and of what terms the corpus is."""
    utterances = shelf.utterances
    speakers = {utterance.speaker for utterance in utterances} - {""}
    figures = [(f"{len(utterances):,}", _word(len(utterances), "clip"))]
    figures += [(f"{len(speakers):,}", _word(len(speakers), "speaker"))] if speakers else []
    emotions = {utterance.emotion for utterance in utterances} - {""}
    figures += [(str(len(emotions)), _word(len(emotions), "emotion"))] if emotions else []
    if shelf.facts is not None and len(utterances) != shelf.facts.n_utterances:
        figures.append((f"{shelf.facts.n_utterances:,}", "clips in the complete corpus"))
    panels = [_panel(utterances, by) for by in ("emotion", "speaker", "sex", "intensity")]
    return element(
        "div",
        element("h2", shelf.title),
        element("p", shelf.remark, class_="soft file"),
        _terms(shelf),
        draw_figures(figures),
        element("div", panels, class_="panels"),
        _crossed(utterances),
        _problems(shelf),
        class_="explore",
    )


def draw_list(shelf: Shelf, places: Sequence[int]) -> Html:
    """Draw the clips at these places as a list of buttons."""
    n = len(places)
    if not n:
        return element("div", element("p", "No clip is all of that.", class_="soft"), class_="explore clips")
    more = f"; the first {MOST_ROWS} are listed, choose more narrowly to see others" if n > MOST_ROWS else ""
    rows = [_button(shelf.utterances[place], place) for place in places[:MOST_ROWS]]
    tally = element("p", f"{n:,} {_word(n, 'clip')}{more}", class_="soft", role="status")
    return element("div", tally, element("ul", rows, aria_label="Clips"), class_="explore clips")


def _button(utterance: Utterance, place: int) -> Html:
    facts = " · ".join(filter(None, (utterance.speaker, utterance.sex, utterance.intensity)))
    name = utterance.text if not utterance.emotion and utterance.text else PurePath(utterance.file).name
    inner = [
        draw_emotion(utterance.emotion),
        element("span", facts, class_="who"),
        element("span", name, class_="what"),
    ]
    return element("li", element("button", inner, type="button", data_row=str(place)))


def _panel(utterances: Sequence[Utterance], by: str) -> Html:
    counts = count_groups(utterances, by)
    most = max(counts.values())
    # Of one corpus its name need not be said with every speaker.
    corpora = {utterance.corpus for utterance in utterances}
    prefix = f"{corpora.pop()}:" if len(corpora) == 1 else ""
    rows: list[Child] = []
    for group, n in counts.items():
        name = draw_emotion(group) if by == "emotion" else element("span", group.removeprefix(prefix), title=group)
        colour = fill(group) if by == "emotion" else "var(--accent)"
        rows.append(element("li", name, draw_bar(n / most, colour), element("span", f"{n:,}", class_="number")))
    count = f" ({len(counts)})" if by == "speaker" and len(counts) > 1 else ""
    title = f"{_TITLES[by]}{count}"
    return element(
        "section",
        element("h3", title),
        element("ul", rows, class_="counts", tabindex="0", role="list", aria_label=f"Clips by {by}"),
        class_="panel",
    )


def _crossed(utterances: Sequence[Utterance]) -> Html | None:
    """Give emotion by sex and by intensity, where there is more than one of either."""
    parts = []
    for by in ("sex", "intensity"):
        table = cross_table(utterances, "emotion", by)
        columns = list(next(iter(table.values())))
        if len(columns) < 2 or len(table) < 2:
            continue
        rows = [[_label(emotion), *(f"{n:,}" for n in counts.values())] for emotion, counts in table.items()]
        parts.append(draw_table(["emotion", *columns], rows, f"Clips by emotion and {by}"))
    return element("div", parts, class_="pair") if parts else None


def _label(emotion: str) -> Html:
    return draw_emotion(emotion if emotion in EMOTIONS else "")


def _terms(shelf: Shelf) -> Html | None:
    facts = shelf.facts
    if facts is None:
        return None
    use = "" if facts.allows_commercial_use else " Not for commercial use."
    notes = f" {facts.notes}" if facts.notes else ""
    return element(
        "p", element("b", f"{facts.licence}."), f"{use}{notes} ", element("cite", facts.citation), class_="terms"
    )


def _problems(shelf: Shelf) -> Html | None:
    n = len(shelf.problems)
    if not n:
        return None
    shown = list(shelf.problems.items())[:_MOST_PROBLEMS]
    rows = [
        element("li", element("span", PurePath(file).name, title=file), f": {reason}") for file, reason in shown
    ]
    more = element("li", f"and {n - len(shown):,} more") if n > len(shown) else None
    verb = "is" if n == 1 else "are"
    head = element("summary", f"{n:,} {_word(n, 'file')} {verb} left out")
    return element("details", head, element("ul", rows, more), class_="problems")


def _word(n: int, word: str) -> str:
    return word if n == 1 else f"{word}s"
