"""From judged folds to the figures of a benchmark: per seed, over seeds, and what is still missing."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import emotrace
from emotrace.learn.benchmark.judged_fold import JudgedFold
from emotrace.learn.benchmark.plan import Plan
from emotrace.learn.benchmark.pool import Pooled, pool_folds, stack_seeds
from emotrace.learn.evaluation.protocols import PROTOCOLS
from emotrace.learn.training.data import is_sung
from emotrace.learn.training.recipe import recipe_to_dict
from emotrace.types import Utterance

SCORES = (
    "unweighted_average_recall",
    "accuracy",
    "macro_f1",
    "expected_calibration_error",
    "log_loss",
    "brier_score",
)
# Means over the clips of a class, or over all: of several seeds together they are the mean over seeds.
_MEANS = ("unweighted_average_recall", "accuracy", "log_loss", "brier_score")

Facts = dict[str, Any]


def summarise_benchmark(plan: Plan, folds: Sequence[JudgedFold], recipe_name: str) -> Facts:
    """Give the figures of all judged folds, ready for JSON.

    Parameters
    ----------
    plan
        Of the benchmark.
    folds
        At least one; those of other seeds may be there or not.
    recipe_name
        What the recipe is called.

    Returns
    -------
    dict
        ``scores`` has the means over seeds, by corpus and ``pooled`` (speech only); ``seeds`` all scores of each;
        ``trainings`` what each fold took. ``is_partial`` says whether any seed lacks a fold, ``missing`` which.

    Raises
    ------
    LeakError
        If the folds cannot be pooled, see `pool_folds`.
    """
    by_seed = {
        seed: sorted((f for f in folds if f.seed == seed), key=lambda f: f.fold)
        for seed in sorted({f.seed for f in folds})
    }
    pools = {seed: pool_folds(own) for seed, own in by_seed.items()}
    scored = {seed: pool.score() for seed, pool in pools.items()}
    present = {seed: [f.fold for f in own] for seed, own in by_seed.items()}
    missing = {str(seed): [n for n in plan.splits if n not in own] for seed, own in present.items()}
    return {
        "made_by": "emotrace benchmark",
        "emotrace": emotrace.__version__,
        "recipe_name": recipe_name,
        "recipe": recipe_to_dict(plan.recipe),
        "protocol": _tell_protocol(plan),
        "told": tell_folds(present, list(plan.splits)),
        "is_partial": any(missing.values()),
        "missing": {seed: own for seed, own in missing.items() if own},
        "scores": _over_seeds(plan, by_seed, pools, scored),
        "seeds": {str(seed): {"folds": present[seed], **_shorten(scored[seed])} for seed in by_seed},
        "trainings": [
            {"seed": f.seed, "fold": f.fold, **f.facts, "unusable": list(f.unusable)}
            for own in by_seed.values()
            for f in own
        ],
    }


def tell_folds(present: Mapping[int, Sequence[int]], wanted: Sequence[int]) -> str:
    """Say which folds of which seeds there are, those of ``wanted``.

    >>> tell_folds({1: [1, 2, 3, 5]}, [1, 2, 3, 4, 5, 6])
    'folds 1-3, 5 of 6, seed 1'
    >>> tell_folds({1: [1, 2], 2: [1, 2]}, [1, 2])
    'folds 1-2 of 2, seeds 1-2'
    >>> tell_folds({1: [1, 2], 2: [1]}, [1, 2])
    'folds 1-2 of 2, seed 1; fold 1 of 2, seed 2'
    """
    by_folds: dict[tuple[int, ...], list[int]] = {}
    for seed, folds in present.items():
        by_folds.setdefault(tuple(folds), []).append(seed)
    return "; ".join(
        f"{_count('fold', folds)} of {len(wanted)}, {_count('seed', seeds)}" for folds, seeds in by_folds.items()
    )


def _count(word: str, numbers: Sequence[int]) -> str:
    return f"{word}{'' if len(numbers) == 1 else 's'} {tell_ranges(numbers)}"


def tell_ranges(numbers: Sequence[int]) -> str:
    """Write rising numbers as ranges.

    >>> tell_ranges([1, 2, 3, 5, 7, 8])
    '1-3, 5, 7-8'
    """
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, ends)) for ends in ranges)


def _tell_protocol(plan: Plan) -> Facts:
    return {
        "name": plan.protocol,
        "what": PROTOCOLS[plan.protocol],
        "split_seed": plan.recipe.data.split_seed,
        "folds": {str(number): split.name for number, split in plan.splits.items()},
        "judged_among": "each corpus's own labels" if plan.labels is None else list(plan.labels),
    }


def _over_seeds(
    plan: Plan,
    by_seed: Mapping[int, Sequence[JudgedFold]],
    pools: Mapping[int, Pooled],
    scored: Mapping[int, Facts],
) -> Facts:
    """Average each corpus over the seeds that have the most of its folds."""
    stacks: dict[tuple[int, ...], Facts] = {}
    found: Facts = {}
    for corpus in (None, *sorted({u.corpus for pool in pools.values() for u, _ in pool.heard})):
        folds = {
            seed: tuple(f.fold for f in own if _has((u for u, _ in f.heard), corpus))
            for seed, own in by_seed.items()
        }
        widest = max(folds.values(), key=len)
        seeds = tuple(seed for seed, own in folds.items() if own == widest)
        if seeds not in stacks:
            is_one = len(seeds) == 1
            stacks[seeds] = scored[seeds[0]] if is_one else stack_seeds([pools[s] for s in seeds]).score()
        parts = [_part(scored[seed], corpus) for seed in seeds]
        found[_name(corpus)] = {
            "labels": parts[0]["labels"],
            "n": parts[0]["n"],
            "n_speakers": parts[0]["n_speakers"],
            "folds": list(widest),
            "of_folds": [n for n, split in plan.splits.items() if _has(split.test, corpus)],
            "seeds": list(seeds),
            **{score: _average(score, parts, _part(stacks[seeds], corpus)) for score in SCORES},
        }
    return found


def _has(utterances: Iterable[Utterance], corpus: str | None) -> bool:
    corpora = {u.corpus for u in utterances}
    # What is pooled is speech: a fold that holds out nothing but song adds nothing.
    return corpus in corpora if corpus is not None else not all(map(is_sung, corpora))


def _name(corpus: str | None) -> str:
    return "pooled" if corpus is None else corpus or "(no corpus)"


def _part(scored: Facts, corpus: str | None) -> Facts:
    part: Facts = scored["pooled"] if corpus is None else scored["corpora"][_name(corpus)]
    return part


def _average(score: str, parts: Sequence[Facts], whole: Facts) -> Facts:
    values = [part[score]["value"] for part in parts if part[score]["value"] is not None]
    has_interval = len(parts) == 1 or score in _MEANS
    return {
        "mean": _rounded(statistics.fmean(values)) if values else None,
        "sd": _rounded(statistics.stdev(values)) if len(values) > 1 else None,
        "low": _rounded(whole[score]["low"]) if has_interval else None,
        "high": _rounded(whole[score]["high"]) if has_interval else None,
        "by_seed": [_rounded(value) for value in values],
    }


def _shorten(scored: Facts) -> Facts:
    """Leave out what stands twice, and digits that mean nothing."""
    pooled = {key: value for key, value in scored["pooled"].items() if key not in ("per_speaker", "per_corpus")}
    corpora = {
        name: {
            **{key: value for key, value in scores.items() if key not in ("per_corpus", "bootstrap")},
            "per_speaker": {speaker: _brief(own) for speaker, own in scores["per_speaker"].items()},
        }
        for name, scores in scored["corpora"].items()
    }
    shortened: Facts = _rounded({"pooled": pooled, "corpora": corpora})
    return shortened


def _brief(scores: Facts) -> Facts:
    return {"n": scores["n"], **{key: scores[key]["value"] for key in SCORES[:2]}}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, Mapping):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return value
