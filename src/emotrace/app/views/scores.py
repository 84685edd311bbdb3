"""What was measured of a model: how good, how sure, for whom, and what noise costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emotrace.app.judging.figures import Figures
from emotrace.app.views.confusion import draw_confusion
from emotrace.app.views.parts import draw_emotion, draw_figures, draw_table, fill
from emotrace.bundle import Card
from emotrace.markup import Child, Html, element

Facts = Mapping[str, Any]

_UAR = "unweighted_average_recall"
_COVERAGES = (1.0, 0.8, 0.6, 0.4, 0.2)
_GROUPS = {"per_sex": "sex", "per_intensity": "intensity", "per_corpus": "corpus"}
_NONE = element(
    "div",
    "Nothing has been measured of this model, or not by its card. 'emotrace evaluate BUNDLE MANIFEST -o DIR' "
    "judges it; look at the folder under Mistakes.",
    class_="empty",
)
_INTERVALS = (
    "UAR is the unweighted average recall: every label counts alike, and guessing gives 100 / labels. The lines "
    "are intervals of 95 %, from drawing the speakers again; with one speaker there is none."
)


def draw_scores(card: Card, figures: Figures) -> Html:
    """Draw all that was measured of a model; from its card alone if that is all there is."""
    evaluation = figures.evaluation
    if card.kind == "speech":
        return element("div", _plain_metrics(card.metrics) if card.metrics else _NONE, class_="explore models")
    if evaluation is None:
        measured = {
            name: scores for name, scores in card.metrics.items() if isinstance(scores, Mapping) and _UAR in scores
        }
        among = "both" if card.kind == "sex" else "its own"
        parts: list[Child] = [_by_corpus(measured, None, among)] if measured else [_NONE]
        return element("div", parts, class_="explore models")
    return element(
        "div",
        draw_evaluation(evaluation),
        _noise(figures.robustness),
        _baseline(figures.baseline),
        class_="explore models",
    )


def draw_evaluation(report: Facts) -> list[Child]:
    """Draw the report of ``emotrace evaluate``."""
    pooled = report["pooled"]
    return [
        element("h2", "How good it is"),
        draw_figures(_headline(pooled)),
        _by_corpus(report.get("corpora", {}), pooled),
        _by_emotion(pooled),
        _confusions(report),
        element("h2", "How sure it is"),
        _sureness(pooled),
        element("h2", "For whom it works"),
        _fairness(pooled),
    ]


def value_of(score: Any) -> float | None:
    """Give the number of a score: a number, ``[value, low, high]`` or an object."""
    if isinstance(score, Mapping):
        score = score.get("value")
    elif isinstance(score, list | tuple):
        score = score[0] if score else None
    return None if score is None else float(score)


def show_percent(score: Any) -> str:
    """Write a share of one, in per cent, with one decimal; no sign."""
    value = value_of(score)
    return "–" if value is None else f"{100 * value:.1f}"


def _bounds(score: Any) -> tuple[float, float] | None:
    low, high = None, None
    if isinstance(score, Mapping):
        low, high = score.get("low"), score.get("high")
    elif isinstance(score, list | tuple) and len(score) == 3:
        low, high = score[1], score[2]
    return None if low is None or high is None else (float(low), float(high))


def _interval(score: Any, colour: str = "var(--accent)") -> Html:
    """Draw a score as a dot on a line from 0 to 100 %, with its interval."""
    value, bounds = value_of(score), _bounds(score)
    if value is None:
        return element("span", "–")
    words = f"{show_percent(value)} %" + (
        f", {show_percent(bounds[0])} to {show_percent(bounds[1])} %" if bounds else ""
    )
    span = None
    if bounds:
        left, right = 100 * min(max(bounds[0], 0.0), 1.0), 100 * min(max(bounds[1], 0.0), 1.0)
        span = element("i", style=f"left: {left:.1f}%; width: {right - left:.1f}%")
    dot = element("b", style=f"left: {100 * min(max(value, 0.0), 1.0):.1f}%; background: {colour}")
    return element("span", span, dot, class_="interval", role="img", aria_label=words)


def _with_interval(score: Any) -> str:
    bounds = _bounds(score)
    return show_percent(score) + (f" [{show_percent(bounds[0])}, {show_percent(bounds[1])}]" if bounds else "")


def _plain(score: Any) -> str:
    value, bounds = value_of(score), _bounds(score)
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" [{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else "")


def _headline(pooled: Facts) -> list[tuple[str, str]]:
    found = [
        (f"{show_percent(pooled[_UAR])} %", "UAR, all speech"),
        (f"{show_percent(pooled['accuracy'])} %", "accuracy"),
    ]
    if "expected_calibration_error" in pooled:
        found.append((f"{show_percent(pooled['expected_calibration_error'])} %", "calibration error"))
    found.append((f"{pooled['n']:,}", f"clips of {pooled.get('n_speakers', '?')} held-out speakers"))
    return found


def _by_corpus(corpora: Facts, pooled: Facts | None, among: str = "its own") -> Html:
    shown = {**corpora, **({"all speech": pooled} if pooled is not None else {})}
    rows: list[list[Child]] = [
        [
            name,
            _interval(scores.get(_UAR)),
            _with_interval(scores.get(_UAR)),
            show_percent(scores.get("accuracy")),
            show_percent(scores.get("macro_f1")),
            str(len(scores["labels"])) if "labels" in scores else "",
            f"{scores.get('n', 0):,}",
            str(scores.get("n_speakers", "")),
        ]
        for name, scores in shown.items()
    ]
    heads = ["corpus", "", "UAR, % [95 %]", "accuracy", "macro F1", "labels", "clips", "speakers"]
    return element(
        "section",
        draw_table(heads, rows, f"By corpus, each among {among} labels", n_words=2),
        element("p", _INTERVALS, class_="soft"),
    )


def _by_emotion(pooled: Facts) -> Html:
    rows: list[list[Child]] = [
        [
            draw_emotion(label),
            _interval(scores["recall"], fill(label)),
            _with_interval(scores["recall"]),
            show_percent(scores["precision"]),
            show_percent(scores["f1"]),
            f"{scores['support']:,}",
        ]
        for label, scores in pooled["per_class"].items()
        if scores["support"] or scores.get("n_predicted")
    ]
    heads = ["emotion", "", "recall, % [95 %]", "precision", "F1", "clips"]
    return draw_table(heads, rows, "By emotion", n_words=2)


def _confusions(report: Facts) -> Html:
    parts = {"all speech": report["pooled"], **report.get("corpora", {})}
    folds = []
    for place, (name, scores) in enumerate(parts.items()):
        confusion = scores["confusion"]
        drawn = draw_confusion(
            confusion["labels"], confusion["labels"], confusion["counts"], confusion.get("no_speech")
        )
        folds.append(
            element("details", element("summary", f"What was taken for what: {name}"), drawn, open=place == 0)
        )
    return element("section", folds, class_="folds")


def _sureness(pooled: Facts) -> Html:
    rows: list[list[Child]] = []
    for key, words in (
        ("expected_calibration_error", "calibration error (ECE): how far confidence and truth lie apart"),
        ("brier_score", "Brier score"),
        ("log_loss", "log loss"),
    ):
        if key in pooled:
            rows.append([words, _plain(pooled[key])])
    parts: list[Child] = [draw_table(["measure", "value [95 %]"], rows, "Calibration; less is better")]
    marked = pooled.get("uncertain")
    if marked and marked.get("accuracy_if_certain") is not None:
        parts.append(
            element(
                "p",
                f"{100 * (1 - marked['coverage']):.0f} % of the answers are marked uncertain; of those "
                f"{show_percent(marked['accuracy_if_uncertain'])} % are right, of the others "
                f"{show_percent(marked['accuracy_if_certain'])} %.",
            )
        )
    curve = pooled.get("risk_coverage")
    if curve:
        parts.append(_risk(curve))
    return element("section", parts)


def _risk(curve: Facts) -> Html:
    coverage = curve["coverage"]
    places = [min(range(len(coverage)), key=lambda k: abs(coverage[k] - wanted)) for wanted in _COVERAGES]
    rows: list[list[Child]] = [
        [
            f"{100 * coverage[k]:.0f} %",
            _interval(curve["risk"][k], "var(--critical)"),
            show_percent(curve["risk"][k]),
            f"{curve['threshold'][k]:.2f}",
        ]
        for k in places
    ]
    heads = ["answers kept", "", "wrong among them, %", "least confidence"]
    return draw_table(heads, rows, "If only the surest answers are kept", n_words=2)


def _fairness(pooled: Facts) -> Html:
    rows: list[list[Child]] = []
    for key, title in _GROUPS.items():
        for name, scores in pooled.get(key, {}).items():
            row: list[Child] = [f"{title}: {name}", _interval(scores[_UAR]), _with_interval(scores[_UAR])]
            rows.append([*row, f"{scores['n']:,}", str(scores.get("n_speakers", ""))])
    parts: list[Child] = []
    if rows:
        parts.append(draw_table(["group", "", "UAR, % [95 %]", "clips", "speakers"], rows, "By group", n_words=2))
    parts.append(_speakers(pooled.get("per_speaker", {})))
    parts.append(
        element(
            "p",
            "Differences between groups are also those of corpora, labels and microphones; unknown is what a "
            "corpus does not tell. Age, accent and health of the speakers are not known, so that nothing can be "
            "said of them.",
            class_="soft",
        )
    )
    return element("section", parts)


def _speakers(per_speaker: Facts) -> Html | None:
    """Draw a dot for every speaker, and name the ends."""
    known = {name: value for name, scores in per_speaker.items() if (value := value_of(scores[_UAR])) is not None}
    if len(known) < 2:
        return None
    worst, best = min(known, key=lambda name: known[name]), max(known, key=lambda name: known[name])
    dots = [
        element("b", style=f"left: {100 * value:.1f}%", title=f"{name}: {100 * value:.1f} %")
        for name, value in known.items()
    ]
    mean = sum(known.values()) / len(known)
    words = (
        f"{len(known)} speakers: understood worst is {worst} with {100 * known[worst]:.1f} %, best {best} with "
        f"{100 * known[best]:.1f} %; the mean is {100 * mean:.1f} %."
    )
    line = element("span", dots, class_="interval many", role="img", aria_label=words)
    return element("div", element("h3", "UAR of each speaker"), line, element("p", words), class_="speakers")


def _noise(report: Facts | None) -> list[Child]:
    if report is None:
        return []
    rows: list[list[Child]] = []
    for place, entry in enumerate(report["conditions"]):
        change = entry["change"]
        # The whole interval lies below nothing.
        is_loss = place > 0 and change.get("high") is not None and change["high"] < 0.0
        moved = "" if place == 0 else f"{100 * change['value']:+.1f}".replace("-", "−")
        mark = element("span", moved, element("b", " ▼ loses", class_="lost") if is_loss else None)
        colour = "var(--critical)" if is_loss else "var(--accent)"
        score = entry[_UAR]
        rows.append([entry["title"], _interval(score, colour), _with_interval(score), mark])
    parts: list[Child] = [
        element("h2", "What noise, rooms and lines cost"),
        element(
            "p",
            f"{report['n_clips']:,} clips of {report['n_speakers']} held-out speakers, each beside its altered "
            "copy. ▼ loses: the whole interval of the change lies below zero.",
            class_="soft",
        ),
        draw_table(["condition", "", "UAR, % [95 %]", "change, points"], rows, "By condition", n_words=2),
    ]
    sounds = report.get("non_speech")
    if sounds:
        parts.append(
            element(
                "p",
                f"In {sounds['n_windows']:,} windows of {len(sounds['kinds'])} kinds of sound in which nobody "
                f"speaks, an emotion is named in {100 * sounds['share_with_emotion']:.2f} %.",
            )
        )
    targets = report.get("targets") or []
    if targets:
        items = [
            element(
                "li",
                element("b", "✓ met" if t["is_met"] else "✗ missed"),
                f" {t['what']} (measured {100 * t['value']:.2f})",
            )
            for t in targets
            if t["is_met"] is not None
        ]
        parts.append(element("ul", items, class_="targets"))
    return parts


def _baseline(report: Facts | None) -> list[Child]:
    if report is None:
        return []
    rows: list[list[Child]] = []
    for entry in report["test"]:
        change = entry["pooled"]["change"]
        row: list[Child] = [
            entry["condition"],
            f"{entry['up_to_seconds']:g} s",
            f"{100 * change['value']:+.1f}".replace("-", "−"),
        ]
        bounds = _bounds(change)
        row.append("" if bounds is None else f"[{100 * bounds[0]:+.1f}, {100 * bounds[1]:+.1f}]".replace("-", "−"))
        rows.append(row)
    return [
        element("h2", "What a personal baseline changes"),
        element(
            "p", "UAR of a held-out speaker, in points, after so many seconds of ordinary voice.", class_="soft"
        ),
        draw_table(["recorded", "baseline", "change", "95 %"], rows, "By condition and length"),
    ]


def _plain_metrics(metrics: Facts) -> Html:
    tables = []
    for name, scores in metrics.items():
        if isinstance(scores, Mapping):
            rows: Sequence[Sequence[Child]] = [
                [key.replace("_", " "), show_percent(value)] for key, value in scores.items()
            ]
            tables.append(draw_table(["measure", "%"], rows, name.replace("_", " ").capitalize()))
    return element("div", tables, class_="pair")
