"""The report of judged runs: how good, how sure, for whom, and every mistake to listen to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from emotrace import __version__
from emotrace.labels import NO_SPEECH
from emotrace.learn.pictures._judged_album import file_prefix
from emotrace.learn.pictures.pages._judged_review import Review, draw_review
from emotrace.learn.pictures.pages._judged_scores import draw_scores, n_emotions, number_with_interval
from emotrace.learn.pictures.pages._parts import (
    Sounds,
    emotion,
    facts_line,
    navigation,
    plate,
    section,
    table,
    tabs,
)
from emotrace.learn.pictures.pages._shell import write_page
from emotrace.learn.pictures.pages._words import count, listed
from emotrace.markup import Html, element, join

_SECTIONS = {"scores": "How good?", "mistakes": "What for what?", "sureness": "How sure?", "whom": "For whom?"}
_ALT = {
    "confusion": "Two confusion matrices, of counts and of shares.",
    "roc": "Receiver operating characteristics, one emotion against the rest.",
    "precision-recall": "Precision and recall, one emotion against the rest.",
    "reliability": "Accuracy by confidence.",
    "risk-coverage": "Share of errors among the surest answers, by how many of them are kept.",
    "recall-by-sex": "Recall of each emotion by sex.",
    "recall-by-intensity": "Recall of each emotion by intensity.",
    "recall-by-speaker": "Unweighted average recall of each speaker.",
    "learning-curves": "Loss, accuracy and recall of training and validation by epoch, or by round of boosting.",
}
_READING = (
    "A dot on the dashed line is a promise kept: of all answers given with 70 % confidence, 70 % are right. "
    "Below the line it is too sure of itself, above it too modest. Large dots stand for many answers.",
    "Then one emotion at a time, at every threshold of its probability. Receiver operating characteristic: how "
    "many of its clips are found, at the price of how many others. The area is the chance that one of its clips "
    "is given a higher probability than one of the others.",
    "Precision and recall: how far what is called so can be trusted, the more of it is to be found.",
)
_NO_CURVES = (
    "The probability of every label is not in predictions.csv, so that there are no ROC and precision-recall "
    "curves: judge again with this version, unless the model gives none."
)
_ONE_EMOTION = "All clips have the same emotion, so that there are no ROC and precision-recall curves."
_METHOD = (
    "Unweighted average recall is the mean of the recalls of all emotions, so that rare ones count as much as "
    "common ones. Intervals hold 95 % of what resampling the speakers gives. In the curves each emotion is "
    "asked for alone, among the clips whose corpus knows it; a clip in which nobody was heard comes last. In "
    "the review the triangle marks the true emotion. All numbers are in facts.json, the pictures in the folder "
    "pictures."
)

Facts = Mapping[str, Any]


def write_judged_page(
    stream: TextIO,
    runs: Sequence[Facts],
    comparison: Facts | None,
    pictures: Mapping[str, bytes],
    review: Sequence[Review],
) -> None:
    """Write the page.

    Parameters
    ----------
    stream
        Where to; what is written is ASCII.
    runs
        Numbers of each run; see `judged_facts`.
    comparison
        Of several runs; see `compare_runs`.
    pictures
        PNGs by name, those of several runs with `file_prefix` before it.
    review
        The mistakes, the surest first.
    """
    labels = list(dict.fromkeys([label for run in runs for label in run["labels"]] + [NO_SPEECH]))
    links = any(entry.sound is None and entry.address for entry in review)
    title = runs[0]["name"] if len(runs) == 1 else count(len(runs), "run")
    body = _Page(runs, comparison, pictures, labels).body(title, review)
    write_page(stream, f"{title} – judged", labels, body, links_sounds=links)


class _Page:
    def __init__(
        self,
        runs: Sequence[Facts],
        comparison: Facts | None,
        pictures: Mapping[str, bytes],
        labels: Sequence[str],
    ) -> None:
        self.runs = runs
        self.comparison = comparison
        self.pictures = pictures
        self.labels = labels
        self.sounds = Sounds()

    def body(self, title: str, review: Sequence[Review]) -> Iterator[Html]:
        curves = self._each("training", self._training)
        training = {"training": "How it learned"} if curves else {}
        yield Html("<main>")
        yield self._header(title)
        yield navigation({**_SECTIONS, **training, "review": "Listen to the mistakes"})
        yield draw_scores(self.runs, self.comparison, self.pictures.get("comparison"))
        mistakes = self._each("mistakes", self._mistakes)
        yield section("mistakes", "What is taken for what?", mistakes, lead=self._worst())
        yield section("sureness", "How sure is it, and rightly so?", self._each("sureness", self._sureness))
        yield section("whom", "For whom does it work?", self._each("whom", self._whom))
        if curves:
            yield section("training", "How did it learn?", curves)
        names = [run["name"] for run in self.runs]
        yield draw_review(review, sum(run["n_answers"] for run in self.runs), names, self.labels, self.sounds)
        yield element(
            "footer",
            element("p", _METHOD, class_="footnote"),
            element("p", f"emotrace {__version__}", class_="footnote"),
        )
        yield Html("</main>")
        yield self.sounds.elements()

    def _header(self, title: str) -> Html:
        if len(self.runs) == 1:
            (run,) = self.runs
            facts = [
                f"bundle {run['bundle']}" if run["bundle"] else None,
                f"claim {run['claim']}" if run["claim"] else None,
                "a small version: its figures mean nothing" if run["is_small"] else None,
                count(run["n"], "clip"),
                count(run["n_speakers"], "speaker") if run["n_speakers"] else None,
                count(n_emotions(run), "emotion"),
            ]
        else:
            facts = [run["name"] for run in self.runs]
        return element(
            "header",
            element("p", "Judged on labelled speech", class_="overline"),
            element("h1", title),
            facts_line(*facts),
        )

    def _each(self, name: str, draw: Callable[[int], Html]) -> Html:
        """Draw the same of every run, in tabs where there are several; nothing of those that have none."""
        if len(self.runs) == 1:
            return draw(0)
        drawn = {run["name"]: draw(place) for place, run in enumerate(self.runs)}
        panels = {run: panel for run, panel in drawn.items() if panel}
        return tabs(name, panels) if panels else Html("")

    def _plate(self, place: int, name: str, is_half: bool = False) -> Html | None:
        prefix = file_prefix(place + 1, self.runs[place]["name"]) if len(self.runs) > 1 else ""
        picture = self.pictures.get(f"{prefix}{name}")
        return None if picture is None else plate(picture, _ALT[name], is_half)

    def _mistakes(self, place: int) -> Html:
        rows = [
            (
                emotion(label, self.labels),
                f"{scores['support']:,}",
                *(number_with_interval(scores[key]) for key in ("recall", "precision", "f1")),
            )
            for label, scores in self.runs[place]["per_class"].items()
            if scores["support"] or scores["n_predicted"]
        ]
        return join([self._plate(place, "confusion"), table(_HEADS, rows)])

    def _worst(self) -> str | None:
        if len(self.runs) > 1:
            return None
        confusion = self.runs[0]["confusion"]
        labels = confusion["labels"]
        pairs = [
            (n, true, heard)
            for true, row in zip(labels, confusion["counts"], strict=True)
            for heard, n in zip(labels, row, strict=True)
            if n and true != heard
        ]
        if not pairs:
            return "Nothing was taken for anything else."
        worst = sorted(pairs, key=lambda pair: -pair[0])[:2]
        said = [f"{true} is heard as {heard} ({count(n, 'time')})" for n, true, heard in worst]
        return f"Most often {listed(said)}."

    def _sureness(self, place: int) -> Html:
        curves = [self._plate(place, name, is_half=True) for name in ("roc", "precision-recall")]
        kept = self._plate(place, "risk-coverage", is_half=True)
        why_none = _NO_CURVES if self.runs[place]["curves"] is None else _ONE_EMOTION
        said = _READING if any(curves) else [*_READING[:1], why_none]
        reading = element("div", *(element("p", text) for text in said), class_="reading")
        return element(
            "div", self._plate(place, "reliability", is_half=True), reading, kept, *curves, class_="pair"
        )

    def _whom(self, place: int) -> Html:
        plates = [self._plate(place, name, is_half=True) for name in ("recall-by-sex", "recall-by-intensity")]
        return join([self._plate(place, "recall-by-speaker"), element("div", *plates, class_="pair")])

    def _training(self, place: int) -> Html:
        return join([self._plate(place, "learning-curves")])


_HEADS = ("emotion", "clips", "recall", "precision", "F1")
