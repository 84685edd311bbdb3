"""A benchmark's figures as JSON, and as a page of Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emotrace.learn._results import write_text
from emotrace.learn.benchmark.summary import tell_ranges
from emotrace.learn.evaluation.reliability import N_BINS

NAME = "benchmark"
CURVE_STEPS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

Facts = Mapping[str, Any]


def write_benchmark(facts: Facts, folder: Path) -> Path:
    """Write ``benchmark.json`` and ``benchmark.md`` into a folder; give the path of the latter.

    Raises
    ------
    EmotraceError
        If they cannot be written.
    """
    page = folder / f"{NAME}.md"
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    for path, content in ((folder / f"{NAME}.json", text + "\n"), (page, render_benchmark(facts))):
        write_text(path, content)
    return page


def render_benchmark(facts: Facts) -> str:
    """Give the page as Markdown; ``facts`` as of `summarise_benchmark`."""
    parts = [
        _head(facts),
        _accuracy(facts),
        _trust(facts),
        _curve(facts),
        _groups(facts),
        _trainings(facts),
        _how(facts),
    ]
    return "\n".join(parts)


def score_lines(facts: Facts) -> list[str]:
    """Say the scores in lines for the terminal."""
    lines = [
        facts["told"] + (" (partial)" if facts["is_partial"] else ""),
        f"{'corpus':<14} {'clips':>6} {'speakers':>8}  {'UAR [95 %]':<30} {'accuracy':>8} {'ECE':>7}",
    ]
    for name, scores in _corpora_first(facts["scores"]):
        ece = scores["expected_calibration_error"]["mean"]
        lines.append(
            f"{name:<14} {scores['n']:>6} {scores['n_speakers']:>8}  "
            f"{_score(scores['unweighted_average_recall']):<30} {scores['accuracy']['mean']:>8.3f} "
            f"{'-' if ece is None else format(ece, '.3f'):>7}"
        )
    return lines


def _head(facts: Facts) -> str:
    protocol = facts["protocol"]
    among = protocol["judged_among"]
    labels = (
        among if isinstance(among, str) else f"{len(among)} labels that all corpora share ({', '.join(among)})"
    )
    partial = "".join(
        f"\n**Partial: seed {seed} lacks fold{'' if len(folds) == 1 else 's'} {tell_ranges(folds)}.** "
        "Figures are of what is there.\n"
        for seed, folds in facts["missing"].items()
    )
    return (
        f"# Accuracy of `{facts['recipe_name']}`, protocol {protocol['name']}\n\n"
        f"{facts['told'][0].upper()}{facts['told'][1:]}. One model is trained for every fold and seed, with "
        "no part of the fold's speakers in training, validation or calibration, and judges them through the same "
        "path as recordings of users. What all folds said is pooled, and scored among "
        f"{labels}; a clip in which no speech was heard counts as wrong.\n{partial}"
    )


def _accuracy(facts: Facts) -> str:
    rows = [
        "## Accuracy\n",
        "| corpus | labels | clips (speakers) | folds | UAR [95 %] | accuracy [95 %] | macro-F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, scores in _corpora_first(facts["scores"]):
        rows.append(
            f"| {name} | {len(scores['labels'])} | {scores['n']} ({scores['n_speakers']}) | {_folds(scores)} | "
            f"{_score(scores['unweighted_average_recall'])} | {_score(scores['accuracy'])} | "
            f"{_score(scores['macro_f1'])} |"
        )
    rows.append(
        "\nUAR is the unweighted average recall. Intervals of 95 % draw speakers again; of one speaker there "
        "is none."
    )
    if any(len(scores["seeds"]) > 1 for scores in facts["scores"].values()):
        rows.append(
            "Figures are means over seeds ± their standard deviation; intervals are those of the means. Macro-F1 "
            "of several seeds has no interval."
        )
    return "\n".join(rows) + "\n\n" + _by_fold(facts)


def _by_fold(facts: Facts) -> str:
    trainings = facts["trainings"]
    head = " | ".join(f"seed {training['seed']}, fold {training['fold']}" for training in trainings)
    rows = [
        "UAR of every training on its own fold:\n",
        f"| corpus | {head} |",
        f"|---|{'---|' * len(trainings)}",
    ]
    for name, _ in _corpora_first(facts["scores"]):
        cells = (training["unweighted_average_recall"].get(name) for training in trainings)
        rows.append(f"| {name} | {' | '.join('' if cell is None else f'{cell:.3f}' for cell in cells)} |")
    return "\n".join(rows) + "\n"


def _trust(facts: Facts) -> str:
    rows = [
        "## What the confidence is worth\n",
        "| corpus | ECE | log-loss | Brier score | no speech heard | not marked uncertain: share, accuracy | "
        "marked: accuracy |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, scores in _corpora_first(facts["scores"]):
        own = [_of_seed(facts, seed, name) for seed in scores["seeds"]]
        marks = [part["uncertain"] for part in own if part.get("uncertain")]
        certain = _mean(marks, "accuracy_if_certain")
        rows.append(
            f"| {name} | {_score(scores['expected_calibration_error'])} | {_score(scores['log_loss'])} | "
            f"{_score(scores['brier_score'])} | {', '.join(str(part['n_no_speech']) for part in own)} of "
            f"{scores['n']} | {_percent(_mean(marks, 'coverage'))}, {_percent(certain)} | "
            f"{_percent(_mean(marks, 'accuracy_if_uncertain'))} |"
        )
    return "\n".join(rows) + f"\n\nECE is the expected calibration error, of {N_BINS} bins of equal width.\n"


def _curve(facts: Facts) -> str:
    rows = [
        "Risk over coverage: the share of errors among the surest answers of all speech.\n",
        f"| seed | {' | '.join(f'{100 * step:.0f} %' for step in CURVE_STEPS)} | area |",
        f"|---|{'---|' * (len(CURVE_STEPS) + 1)}",
    ]
    for seed, scores in facts["seeds"].items():
        curve = scores["pooled"]["risk_coverage"]
        if curve is not None:
            rows.append(f"| {seed} | {' | '.join(map(_percent, risks_at_steps(curve)))} | {curve['area']:.3f} |")
    return "\n".join(rows) + "\n"


def risks_at_steps(curve: Mapping[str, Any]) -> list[float]:
    """Give the share of errors among the surest answers, at each of `CURVE_STEPS`."""
    return [curve["risk"][round(step * len(curve["risk"])) - 1] for step in CURVE_STEPS]


def _groups(facts: Facts) -> str:
    rows = [
        "## Who is understood how well\n",
        "UAR by sex and by intensity (the corpus's own words), and the speaker of at least ten clips who is "
        "understood worst; means over seeds.\n",
        "| corpus | group | clips (speakers) | UAR |",
        "|---|---|---|---|",
    ]
    for name, scores in _corpora_first(facts["scores"]):
        own = [_of_seed(facts, seed, name) for seed in scores["seeds"]]
        for table in ("per_sex", "per_intensity"):
            groups = own[0][table]
            for group in groups if len(groups) > 1 else ():
                values = [part[table][group]["unweighted_average_recall"]["value"] for part in own]
                count = f"{groups[group]['n']} ({groups[group]['n_speakers']})"
                rows.append(f"| {name} | {group} | {count} | {sum(values) / len(values):.3f} |")
        if scores["n_speakers"] > 1:
            rows += [
                f"| {name} | worst speaker, seed {seed}: {worst['speaker']} | {worst['n']} (1) | "
                f"{worst['unweighted_average_recall']:.3f} |"
                for seed, part in zip(scores["seeds"], own, strict=True)
                if (worst := part["worst_speaker"]) is not None
            ]
    return "\n".join(rows) + "\n"


def _trainings(facts: Facts) -> str:
    rows = [
        "## The trainings\n",
        "| seed | fold | speakers to train, validate, test | clips judged | best epoch of | minutes | bundle, MB "
        "| machine |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for training in facts["trainings"]:
        n, machine = training["n_speakers"], training["machine"]
        left_out = f", {len(training['unusable'])} not usable" if training["unusable"] else ""
        rows.append(
            f"| {training['seed']} | {training['fold']}: {training['name']} | {n['train']}, {n['validation']}, "
            f"{n['test']} | {training['n_clips']}{left_out} | {_epochs(training)} | "
            f"{training['seconds'] / 60:.1f} | {training['model_bytes'] / 1e6:.2f} | "
            f"{machine['gpu'] or machine['cpu']}, {machine['cores']} cores |"
        )
    minutes = sum(training["seconds"] for training in facts["trainings"]) / 60
    return "\n".join(rows) + f"\n\n{minutes:.0f} minutes of training in all.\n"


def _epochs(training: Facts) -> str:
    return f"{training['best_epoch']} of {training['epochs']}" if "best_epoch" in training else "–"


def _how(facts: Facts) -> str:
    seeds = " ".join(f"--seed {seed}" for seed in facts["seeds"])
    return (
        "## How to repeat it\n\n"
        "```\nEMOTRACE_CORPORA=/path/to/corpora emotrace benchmark "
        f"{facts['recipe_name']} --protocol {facts['protocol']['name']} {seeds} -o DIR\n```\n\n"
        f"emotrace {facts['emotrace']}. What lies in DIR is not done again; `--list` says what is done and what "
        "is missing.\n"
    )


def _corpora_first(scores: Facts) -> list[tuple[str, Facts]]:
    return [item for item in scores.items() if item[0] != "pooled"] + [("pooled", scores["pooled"])]


def _of_seed(facts: Facts, seed: int, name: str) -> Facts:
    scores = facts["seeds"][str(seed)]
    found: Facts = scores["pooled"] if name == "pooled" else scores["corpora"][name]
    return found


def _folds(scores: Facts) -> str:
    there, wanted = scores["folds"], scores["of_folds"]
    return tell_ranges(there) + ("" if there == wanted else f" (of {tell_ranges(wanted)})")


def _score(score: Facts) -> str:
    if score["mean"] is None:
        return "-"
    spread = "" if score["sd"] is None else f" ± {score['sd']:.3f}"
    ends = "" if score["low"] is None else f" [{score['low']:.3f}, {score['high']:.3f}]"
    return f"{score['mean']:.3f}{spread}{ends}"


def _mean(parts: Sequence[Facts], key: str) -> float | None:
    values = [part[key] for part in parts if part[key] is not None]
    return sum(values) / len(values) if values else None


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
