"""The report of a corpus: what it is, whether it is sound, how it sounds, what sets its emotions apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from emotrace import __version__
from emotrace.learn.pictures.pages._checks import draw_verdict
from emotrace.learn.pictures.pages._explore_lesson import draw_lesson
from emotrace.learn.pictures.pages._explore_separation import draw_separation
from emotrace.learn.pictures.pages._explore_soundness import draw_soundness
from emotrace.learn.pictures.pages._explore_sounds import draw_sounds
from emotrace.learn.pictures.pages._explore_view import ExploreView
from emotrace.learn.pictures.pages._explore_what import draw_what
from emotrace.learn.pictures.pages._parts import facts_line, navigation
from emotrace.learn.pictures.pages._shell import write_page
from emotrace.learn.pictures.pages._words import count, duration
from emotrace.markup import Html, element

_SECTIONS = {
    "what": "What it is",
    "sound": "Is it sound?",
    "sounds": "How it sounds",
    "separation": "What sets emotions apart",
    "lesson": "A lesson: mels",
}


def write_explore_page(stream: TextIO, title: str, view: ExploreView) -> None:
    """Write the page.

    Parameters
    ----------
    stream
        Where to; what is written is ASCII.
    title
        Its heading.
    view
        What it shows.
    """
    write_page(stream, f"{title} – corpus report", view.emotions, _body(title, view))


def _body(title: str, view: ExploreView) -> Iterator[Html]:
    yield Html("<main>")
    yield _header(title, view)
    yield navigation(_SECTIONS)
    yield draw_what(view)
    yield draw_soundness(view)
    yield draw_sounds(view)
    yield draw_separation(view)
    yield draw_lesson(view)
    yield _method(view)
    yield Html("</main>")
    yield view.sounds.elements()


def _header(title: str, view: ExploreView) -> Html:
    facts = view.facts
    licences = [
        element(
            "p",
            f"{corpus['title']}: {corpus['licence']}",
            "" if corpus["allows_commercial_use"] else ", not for commercial use",
            ". ",
            corpus["citation"],
            class_="footnote",
        )
        for corpus in facts["corpora"]
    ]
    return element(
        "header",
        element("p", "Corpus report", class_="overline"),
        element("h1", title),
        facts_line(
            count(facts["n_clips"], "clip"),
            duration(facts["seconds"]),
            _speakers(view),
            count(len(view.emotions), "emotion"),
            ", ".join(facts["languages"]),
        ),
        draw_verdict(facts),
        *licences,
    )


def _speakers(view: ExploreView) -> str:
    sexes = list(view.facts["sex_of_speaker"].values())
    women, men = sexes.count("female"), sexes.count("male")
    n = count(len(sexes), "speaker")
    return f"{n} ({count(women, 'woman', 'women')}, {count(men, 'man', 'men')})" if women + men else n


def _measured(facts: Mapping[str, Any]) -> str:
    if facts["n_clips"] == 1:
        return "All figures are of one clip."
    sampled = (
        "all clips"
        if facts["n_sampled"] >= facts["n_usable"]
        else f"{count(facts['n_sampled'], 'clip')}, drawn evenly over speakers and emotions"
    )
    return (
        f"Counts, checks, lengths and levels are of all {count(facts['n_clips'], 'clip')}; features, pitch and "
        f"pace of {sampled}."
    )


def _method(view: ExploreView) -> Html:
    said = (
        f"{_measured(view.facts)} Features are the sets means184 (22,050 Hz) and stats70 (16,000 Hz). Boxes hold "
        "the middle half, whiskers reach the last value within 1.5 times their height. The share explained is "
        "that of ranks (Kruskal and Wallis's H by n − 1). A clip's pitch is the median of its fundamental "
        "frequency. All numbers are in facts.json, the pictures in the folder pictures."
    )
    return element(
        "footer", element("p", said, class_="footnote"), element("p", f"emotrace {__version__}", class_="footnote")
    )
