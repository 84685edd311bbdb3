"""Honest figures as JSON, and as a page of Markdown."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import emotrace
from emotrace.learn._results import installed_version, write_text
from emotrace.learn.evaluation.bootstrap import speaker_bootstrap
from emotrace.learn.evaluation.metrics import accuracy, unweighted_average_recall
from emotrace.learn.laboratory.honest import HonestRecord
from emotrace.learn.laboratory.honest_recipe import EVERYBODY, Honest

NAME = "honest"
_LIBRARIES = ("numpy", "scikit-learn", "opensmile")
_METRICS = {"unweighted_average_recall": unweighted_average_recall, "accuracy": accuracy}

Run = Mapping[str, Any]
Summary = Mapping[str, Any]
_COLUMNS = (
    "scale",
    "group",
    "trained on",
    "speakers, clips heard",
    "test",
    "UAR, pooled [95 %]",
    "UAR by division",
    "accuracy",
    "reaches the goal",
)

_HEAD = """# Honest figures

What classic models of fixed features reach on speakers whom nobody has heard. In every division the training
speakers alone choose one of the recipe's candidates (feature set, number of principal components, model and its
setting), by a cross-validation over speakers among themselves. The chosen one is fitted on all of them and tested
once; test speakers choose nothing.

**As measured**: a clip is judged by itself. **Per-speaker scale**: every feature is first brought to mean 0 and
deviation 1 among all clips of its speaker, test speakers included. No label is looked at, but it needs many clips
of the tested voice, of all emotions alike, before the first one can be judged. That is a convention of the field
and these corpora are made for it; calls are not.

UAR is the unweighted average recall: of the predictions of all divisions together, with its interval of 95 % by a
bootstrap over speakers; then mean ± standard deviation over divisions, and the least and the most. Draws share
speakers, so that their deviation is not that of independent tests.
"""

_TRIED = """## What was tried on training speakers

UAR in the folds of training speakers, mean over folds and divisions (± standard deviation over divisions), and how
often each candidate was chosen. The failures are here as well. Figures of training folds are not results.
"""


def summarise_honest(record: HonestRecord) -> dict[str, Any]:
    """Give the figures of a recipe, ready for JSON.

    ``results`` has an entry for each group, training and scale that was run: pooled and mean scores in [0, 1] with
    their intervals, and under ``tried`` what the candidates reached on training speakers.
    """
    recipe = record.recipe
    runs = list(record.runs.values())
    cells = [
        [run for run in runs if (run["group"], run["heard"], run["per_speaker"]) == (group, heard, per_speaker)]
        for per_speaker in (False, True)
        for group in recipe.groups
        for heard in recipe.heard
    ]
    return {
        "honest": recipe.honest,
        "title": recipe.title,
        "corpora": list(recipe.corpora),
        "labels": recipe.labels,
        "goal": recipe.goal,
        "beside": recipe.beside,
        "remark": recipe.remark,
        "n_folds": recipe.n_folds,
        "seeds": _seeds(recipe),
        "not_measured": record.not_measured or ("" if runs else "not run yet"),
        "n_runs_wanted": recipe.tested.n_divisions,
        "left_out": {name: why for run in runs for name, why in run["left_out"].items()},
        "results": [_result(cell) for cell in cells if cell],
        "minutes": round(sum(run["seconds"] for run in runs) / 60.0, 1),
    }


def write_honest_page(summaries: Sequence[Summary], folder: Path) -> Path:
    """Write ``honest.json`` and ``honest.md``; give the path of the latter.

    Raises
    ------
    EmotraceError
        If they cannot be written.
    """
    facts = {
        "made_by": "emotrace honest",
        "emotrace": emotrace.__version__,
        "libraries": {name: installed_version(name) for name in _LIBRARIES},
        "recipes": list(summaries),
    }
    page = folder / f"{NAME}.md"
    texts = {folder / f"{NAME}.json": json.dumps(facts, indent=2) + "\n", page: render_honest(summaries)}
    for path, text in texts.items():
        write_text(path, text)
    return page


def render_honest(summaries: Sequence[Summary]) -> str:
    """Give the page as Markdown."""
    measured = [summary for summary in summaries if summary["results"]]
    parts = [
        _HEAD,
        *(_figures(summary) for summary in measured),
        _TRIED if measured else "",
        *(_tried(summary) for summary in measured),
        _absent(summaries),
        _how(),
    ]
    return "\n".join(part for part in parts if part)


def _seeds(recipe: Honest) -> list[int]:
    tested = recipe.tested
    return [tested.seed + nth for nth in range(tested.draws or 0)]


def _result(runs: Sequence[Run]) -> dict[str, Any]:
    truth = [run["labels"][i] for run in runs for i in run["truth"]]
    prediction = [run["labels"][i] for run in runs for i in run["prediction"]]
    speakers = [run["test_speakers"][i] for run in runs for i in run["speaker_of"]]
    tried = {
        name: _spread([statistics.fmean(run["tried"][name]) for run in runs if name in run["tried"]])
        for name in runs[0]["tried"]
    }
    scores: dict[str, Any] = {}
    for name, metric in _METRICS.items():
        bound = speaker_bootstrap(truth, prediction, speakers, metric)
        ends = None if bound.low is None or bound.high is None else [_rounded(bound.low), _rounded(bound.high)]
        over = _spread([run[name] for run in runs])
        scores[name] = {"pooled": _rounded(bound.value), "interval": ends, **over}
    return {
        "group": runs[0]["group"],
        "heard": runs[0]["heard"],
        "per_speaker": runs[0]["per_speaker"],
        "n_runs": len(runs),
        "n_train": [min(run["n_train"] for run in runs), max(run["n_train"] for run in runs)],
        "n_train_speakers": [f(run["n_train_speakers"] for run in runs) for f in (min, max)],
        "n_test": len(truth),
        "n_test_speakers": len(set(speakers)),
        **scores,
        "chosen": dict(Counter(run["chosen"] for run in runs).most_common()),
        "tried": tried,
    }


def _figures(summary: Summary) -> str:
    head = f"## {summary['honest']}: {summary['title']}\n\n{_facts(summary)}\n\n"
    table = f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}\n"
    return head + table + "".join(_row(summary, result) for result in summary["results"])


def _facts(summary: Summary) -> str:
    goal = "" if summary["goal"] is None else f" To be reached: UAR {summary['goal']:.2f}."
    beside = f" {summary['beside'][0].upper()}{summary['beside'][1:]}." if summary["beside"] else ""
    seeds = f" Seeds of the draws: {summary['seeds'][0]} to {summary['seeds'][-1]}." if summary["seeds"] else ""
    left_out = "".join(f" Left out: '{name}' ({why})." for name, why in summary["left_out"].items())
    return (
        f"Corpora: {', '.join(summary['corpora'])}, nothing else. Candidates are compared in {summary['n_folds']} "
        f"folds of training speakers.{seeds}{goal}{beside}{left_out}" + _paragraph(summary["remark"])
    )


def _paragraph(text: str) -> str:
    return f"\n\n{text}" if text else ""


def _row(summary: Summary, result: Mapping[str, Any]) -> str:
    recall = result["unweighted_average_recall"]
    goal = summary["goal"]
    is_whole = result["n_runs"] == summary["n_runs_wanted"]
    cells = [
        "per speaker" if result["per_speaker"] else "as measured",
        result["group"],
        "both sexes" if result["heard"] == EVERYBODY else _of_group(result["group"]),
        f"{_range(result['n_train_speakers'])}, {_range(result['n_train'])}",
        f"{result['n_runs']} divisions of {summary['n_runs_wanted']}, {result['n_test_speakers']} speakers, "
        f"n {result['n_test']}",
        _pooled(recall),
        f"{_told(recall)} ({recall['low']:.3f} to {recall['high']:.3f})",
        _pooled(result["accuracy"]),
        "" if goal is None else "not all run yet" if not is_whole else "yes" if recall["pooled"] >= goal else "no",
    ]
    return "| " + " | ".join(cells) + " |\n"


def _of_group(group: str) -> str:
    return "both sexes" if group == "all" else f"{group} only"


def _pooled(score: Mapping[str, Any]) -> str:
    ends = score["interval"]
    return f"{score['pooled']:.3f}" + ("" if ends is None else f" [{ends[0]:.3f}, {ends[1]:.3f}]")


def _tried(summary: Summary) -> str:
    names = list(dict.fromkeys(name for result in summary["results"] for name in result["tried"]))
    columns = [
        f"{result['group']}, {'both sexes' if result['heard'] == EVERYBODY else _of_group(result['group'])}, "
        f"{'per speaker' if result['per_speaker'] else 'as measured'}"
        for result in summary["results"]
    ]
    table = f"### {summary['honest']}\n\n| candidate | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}\n"
    for name in names:
        cells = [_tried_cell(result, name) for result in summary["results"]]
        table += f"| {name} | {' | '.join(cells)} |\n"
    return table


def _tried_cell(result: Mapping[str, Any], name: str) -> str:
    if name not in result["tried"]:
        return "not tried"
    n = result["chosen"].get(name, 0)
    return _told(result["tried"][name]) + (f", chosen {n} of {result['n_runs']}" if n else "")


def _absent(summaries: Sequence[Summary]) -> str:
    lines = [f"- **{s['honest']}**: {s['not_measured']}" for s in summaries if s["not_measured"]]
    return "## Not measured\n\n" + "\n".join(lines) + "\n" if lines else ""


def _how() -> str:
    return (
        "## How to repeat it\n\n"
        "```\nEMOTRACE_CORPORA=/path/to/corpora emotrace honest --all -o DIR\n```\n\n"
        "What lies in DIR is not done again. A recipe of one's own is a TOML file like those in\n"
        "`emotrace/learn/recipes/honest`.\n"
    )


def _range(ends: Sequence[int]) -> str:
    return str(ends[0]) if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _told(spread: Mapping[str, Any]) -> str:
    sd = "" if spread["sd"] is None else f" ± {spread['sd']:.3f}"
    return f"{spread['mean']:.3f}{sd}"


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    sd = _rounded(statistics.stdev(values)) if len(values) > 1 else None
    return {
        "mean": _rounded(statistics.fmean(values)),
        "sd": sd,
        "low": _rounded(min(values)),
        "high": _rounded(max(values)),
    }


def _rounded(value: float) -> float:
    return round(value, 4)
