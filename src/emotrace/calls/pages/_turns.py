"""The table of turns: who, when, how, and what was said."""

from __future__ import annotations

from emotrace.calls.pages._controls import Column, cell, choice, draw_table, filter_form, go_button, search_field
from emotrace.calls.pages._view import CallView, Entry, heard_negativity
from emotrace.calls.words import NO_VALUE, party_title, percent, show_duration, show_number, show_time
from emotrace.markup import Html, element

_NOT_ANALYSED = "not analysed"
_NO_EMOTION = "-"
_SMALL_FIGURES = (
    "Small figures: loudness against the median of the party's turns, in dB; pitch from its 10th to its 90th "
    "percentile, in Hz."
)


def draw_turns(view: CallView) -> Html:
    """Give the table and its filters, or say that nobody spoke."""
    turns = view.call["turns"]
    heading = element("h2", "Turns")
    if not turns:
        return element(
            "section", heading, element("p", "No turns were found.", class_="nothing"), id="turns-section"
        )
    has_text = any(turn["text"] for turn in turns)
    rows = [_row(view, turn, has_text) for turn in turns]
    note = element("p", _SMALL_FIGURES, class_="footnote")
    table = draw_table("turns", "Turns of the call", _columns(has_text), rows)
    return element("section", heading, _filters(view, has_text), table, note, id="turns-section")


def _columns(has_text: bool) -> list[Column]:
    columns = [
        Column("Time", "when"),
        Column("Length", "length", first="descending"),
        Column("Party", "who"),
        Column("Emotion", "feeling"),
        Column("Negativity", "number negative", first="descending"),
        Column("Loudness", "number level", first="descending"),
        Column("Syllables/s", "number pace", first="descending"),
        Column("Pitch", "number pitch", first="descending"),
    ]
    return [*columns, Column("Said", "said", sorts=False)] if has_text else columns


def _filters(view: CallView, has_text: bool) -> Html:
    parties = sorted({turn["party"] for turn in view.call["turns"]})
    present = {turn["emotion"] for turn in view.call["turns"]}
    emotions = [(label, label) for label in view.labels if label in present]
    everyone, everything = ("", "everybody"), ("", "all")
    controls = [
        choice("party", "Party", [everyone, *((party, party_title(party)) for party in parties)]),
        choice(
            "emotion", "Emotion", [everything, *emotions, *([(_NO_EMOTION, "none")] if None in present else [])]
        ),
    ]
    return filter_form("turns", *controls, *([search_field("Search what was said")] if has_text else []))


def _row(view: CallView, turn: Entry, has_text: bool) -> Html:
    start, end, party = turn["start"], turn["end"], turn["party"]
    when = go_button(start, None, show_time(start))
    who = [party_title(party), element("small", "interrupts") if turn["interrupts"] else None]
    value = heard_negativity(turn["probabilities"])
    cells = [
        cell("when", when, start),
        cell("length", show_duration(end - start), round(end - start, 3)),
        cell("who", element("span", who), party),
        cell("feeling", _feeling(view, turn), turn["emotion"] or "~"),
        cell("number negative", percent(value), value, "negativity"),
        cell("number level", _level(turn), turn["level_dbfs"], "loudness"),
        cell(
            "number pace",
            show_number(turn["syllables_per_second"], 1),
            turn["syllables_per_second"],
            "syllables/s",
        ),
        cell("number pitch", _pitch(turn), turn["pitch_median_hz"], "pitch"),
    ]
    if has_text:
        cells.append(cell("said", element("bdi", turn["text"] or "")))
    feeling = turn["emotion"] or _NO_EMOTION
    return element("tr", *cells, data_party=party, data_emotion=feeling, data_turn=turn["turn"])


def _feeling(view: CallView, turn: Entry) -> Html:
    if turn["emotion"] is not None:
        confidence = element("span", percent(turn["confidence"]), class_="confidence")
        return element("span", view.emotion(turn["emotion"], turn["uncertain"]), " ", confidence)
    analysed = turn["party"] in view.heard_parties
    return element("span", NO_VALUE if analysed else _NOT_ANALYSED, class_="unheard")


def _level(turn: Entry) -> Html:
    """Show the level, and how far it lies from the party's usual."""
    change = turn["level_change_db"]
    if turn["level_dbfs"] is None:
        return element("span", NO_VALUE)
    level = f"{show_number(turn['level_dbfs'])} dB"
    moved = None if change is None else element("small", show_number(change, 1, sign=True))
    return element("span", level, moved)


def _pitch(turn: Entry) -> Html:
    low, high = turn["pitch_low_hz"], turn["pitch_high_hz"]
    if turn["pitch_median_hz"] is None:
        return element("span", NO_VALUE)
    span = None if low is None else element("small", f"{low:.0f}–{high:.0f}")
    return element("span", f"{turn['pitch_median_hz']:.0f} Hz", span)
