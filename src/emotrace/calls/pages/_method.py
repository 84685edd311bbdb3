"""What the law and honesty ask to be said, and how the page came to be."""

from __future__ import annotations

from collections.abc import Iterator

from emotrace.calls.pages._view import CallView, channel_note, party_note
from emotrace.calls.summary import NEGATIVE
from emotrace.calls.words import listed, party_title, turns_words
from emotrace.markup import Html, element


def draw_notice(view: CallView) -> Html:
    """Give the notice of law and limits, and who was analysed on what ground."""
    parties = [
        element("li", element("strong", party_title(p["party"])), f" ({channel_note(p)}): {party_note(p)}")
        for p in view.parties
    ]
    return element(
        "section",
        element("h2", "Law and limits"),
        element("p", view.call["notice"]),
        element("ul", *parties, class_="parties"),
        id="notice",
    )


def draw_method(view: CallView) -> Html:
    """Give the model, the version and what the words on the page mean."""
    entries = [[element("dt", name), element("dd", value)] for name, value in _entries(view)]
    return element("footer", element("h2", "Method"), element("dl", *entries), id="method")


def _entries(view: CallView) -> Iterator[tuple[str, str]]:
    call = view.call
    yield "Model", f"{call['model'] or 'unnamed'}, emotrace {call['emotrace']}"
    yield "Chooses between", ", ".join(call["labels"])
    yield "Turns", turns_words(call["turns_from"])
    negative = [label for label in NEGATIVE if label in call["labels"]]
    if negative:
        yield (
            "Negativity",
            f"probability of {listed(negative)} together; without disgust, for which models taught by actors take "
            "much plain talk on the telephone",
        )
    yield (
        "Uncertain",
        "the most probable emotion is not probable enough to act upon; hatched, with a question mark",
    )
    yield (
        "Read it as",
        "a pointer to places worth listening to. The model hears the sound of a voice, not its words, and knows "
        "nothing of what a person feels inside",
    )
