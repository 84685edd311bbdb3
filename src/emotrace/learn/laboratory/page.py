"""The figures of all claims as JSON, and as a page of Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import emotrace
from emotrace.errors import ReportError, UsageError
from emotrace.learn._results import installed_version, write_text
from emotrace.learn.laboratory.leak import summarise_leak, tell_leak
from emotrace.learn.laboratory.per_class import render_classes
from emotrace.learn.laboratory.reproduce import why_other_size

NAME = "reproduction"
_LIBRARIES = ("numpy", "scikit-learn", "lightgbm", "torch")

Summary = Mapping[str, Any]

_HEAD = """# Reproduction of published claims

Each claim of the reference projects was measured twice: **as claimed**, with the published division of the clips,
and **speaker-independent**, with as many test clips (as far as whole speakers allow) of speakers who were not
heard in training. Where clips were divided at random, the same speakers stand on both sides: those figures are
**leaky**, ours as well as the published ones, and say nothing about voices that a model meets for the first time.

Figures are accuracies, means over divisions (± standard deviation). The interval of 95 % is of the pooled
predictions, by a bootstrap over speakers. UAR is the unweighted average recall. The leak gap is what a leaky
figure promises too much. Minutes are of fitting and judging on one core, features not counted.
"""


def write_page(summaries: Sequence[Summary], folder: Path, is_small: bool = False) -> Path:
    """Write ``reproduction.json`` and ``reproduction.md``; give the path of the latter.

    Raises
    ------
    EmotraceError
        If they cannot be written.
    """
    facts = {
        "made_by": "emotrace reproduce" + (" --fast" if is_small else ""),
        "emotrace": emotrace.__version__,
        "libraries": {name: installed_version(name) for name in _LIBRARIES},
        "is_small": is_small,
        "leak": summarise_leak(summaries),
        "claims": list(summaries),
    }
    page = folder / f"{NAME}.md"
    texts = {folder / f"{NAME}.json": json.dumps(facts, indent=2) + "\n", page: render(summaries, is_small)}
    for path, text in texts.items():
        write_text(path, text)
    return page


def read_page(folder: Path, is_small: bool = False) -> dict[str, Summary]:
    """Read what `write_page` has written into a folder, by claim; nothing where it has not.

    Raises
    ------
    ReportError
        If the file is there but is not one of ours.
    UsageError
        If it holds figures of the other size.
    """
    path = folder / f"{NAME}.json"
    if not path.exists():
        return {}
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        told: dict[str, Summary] = {str(summary["claim"]): dict(summary) for summary in facts["claims"]}
        if facts["is_small"] == is_small:
            return told
        if any(summary["results"] for summary in told.values()):
            raise UsageError(why_other_size(path, is_small))
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"{path}: cannot be read ({type(error).__name__}); remove it, or name another folder"
        ) from None


def render(summaries: Sequence[Summary], is_small: bool = False) -> str:
    """Give the page as Markdown."""
    small = "\n**A small version, to see that all works: its figures mean nothing.**\n" if is_small else ""
    measured = [summary for summary in summaries if summary["results"]]
    leak, remarks = ("", "") if is_small else (_leak(measured), _remarks(measured))
    parts = [_HEAD, small, _table(measured), leak, render_classes(measured), remarks, _absent(summaries), _how()]
    return "\n".join(part for part in parts if part)


def _table(summaries: Sequence[Summary]) -> str:
    head = (
        "| claim | model | group | published | ours as claimed | ours speaker-independent "
        "| UAR speaker-independent | leak gap | runs | minutes |\n|---|---|---|---|---|---|---|---|---|---|\n"
    )
    rows = [_row(summary, result) for summary in summaries for result in summary["results"]]
    return "## Figures\n\n" + head + "".join(rows)


def _leak(summaries: Sequence[Summary]) -> str:
    leak = summarise_leak(summaries)
    return f"{tell_leak(leak)}.\n" if leak else ""


def _row(summary: Summary, result: Mapping[str, Any]) -> str:
    claimed, honest = result["as_claimed"], result["speaker_independent"]
    leaky = " leaky" if summary["is_leaky"] else ""
    cells = [
        summary["claim"],
        result["model"],
        result["group"],
        "<br>".join(_published(figure, leaky) for figure in result["published"]) or "none",
        _ours(claimed, result, leaky),
        _honest(honest, "accuracy"),
        _honest(honest, "unweighted_average_recall"),
        "none to show" if not leaky else _number(result["leak_gap"]),
        str(max(side["n_runs"] for side in (claimed, honest) if side)),
        f"{sum(side['minutes'] for side in (claimed, honest) if side):.1f}",
    ]
    return "| " + " | ".join(cells) + " |\n"


def _published(figure: Mapping[str, Any], leaky: str) -> str:
    what = "" if figure["measure"] == "accuracy" else f" ({figure['measure']})"
    n = f", n {figure['n']}" if figure["n"] else ""
    is_figure = figure["measure"] != "leak gap"
    return f"{figure['value']:.3f}{leaky if is_figure else ''}{what}{n}"


def _ours(claimed: Mapping[str, Any] | None, result: Mapping[str, Any], leaky: str) -> str:
    if claimed is None:
        return "not run yet"
    text = f"{_spread(claimed['accuracy'])}{leaky}, n {claimed['n_test']}"
    for figure in result["published"]:
        if figure["measure"] not in ("accuracy", "leak gap") and figure["ours"] is not None:
            text += f"<br>{figure['ours']:.3f}{leaky} ({figure['measure']})"
    return text


def _honest(honest: Mapping[str, Any] | None, metric: str) -> str:
    if honest is None:
        return "not run yet"
    bounds = honest[f"{metric}_interval"]
    interval = "" if bounds is None else f" [{bounds[0]:.3f}, {bounds[1]:.3f}]"
    return f"{_spread(honest[metric])}{interval}, n {honest['n_test']}"


def _remarks(summaries: Sequence[Summary]) -> str:
    lines = []
    for summary in summaries:
        notable = [
            figure for result in summary["results"] for figure in result["published"] if figure["is_notable"]
        ]
        told = "; ".join(
            f"{figure['model']}, {figure['group']}: {figure['ours']:.3f} against {figure['value']:.3f} "
            f"({figure['measure']})"
            for figure in notable
        )
        remark = summary["remark"] or ("Not explained yet." if notable else "")
        differs = f" More than 3 points from the claim: {told}." if told else ""
        lines.append(
            f"- **{summary['claim']}** ({summary['project']}): {summary['title']}.{differs} {remark}".rstrip()
        )
    return "## Remarks\n\n" + "\n".join(lines) + "\n" if lines else ""


def _absent(summaries: Sequence[Summary]) -> str:
    lines = [f"- **{s['claim']}** ({s['project']}): {s['not_measured']}" for s in summaries if s["not_measured"]]
    return "## Not measured\n\n" + "\n".join(lines) + "\n" if lines else ""


def _how() -> str:
    return (
        "## How to repeat it\n\n"
        "```\nEMOTRACE_CORPORA=/path/to/corpora emotrace reproduce --all -o DIR\n```\n\n"
        "`emotrace recipes show R6` prints a claim's recipe. What lies in DIR is not done again.\n\n"
        "Every answer of every run is kept. `emotrace report DIR/runs/R6/as-claimed-mlp-all-0 -o PAGE` draws\n"
        "confusion, ROC, reliability, speakers and the mistakes to listen to; given the folders of several\n"
        "models of a claim, all of them side by side.\n"
    )


def _spread(spread: Mapping[str, Any]) -> str:
    sd = "" if spread["sd"] is None else f" ± {spread['sd']:.3f}"
    return f"{spread['mean']:.3f}{sd}"


def _number(value: float | None) -> str:
    return "not run yet" if value is None else f"{value:+.3f}"
