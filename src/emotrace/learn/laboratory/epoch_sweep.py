"""The sweep of epochs: a network of a claim, judged after 5, 10, 15 ... epochs, as claimed and in its honest twin.

It is trained once, for as long as the last of them: after so many epochs it is what it would have been if it had
been trained no longer, since each epoch draws by its own number. The tested clips are judged after every epoch and
change nothing; whoever picks the best epoch by them has chosen on the test, and the sweep says what that is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotrace.errors import UnknownNameError, UsageError
from emotrace.learn.laboratory.check import read_checked_claim
from emotrace.learn.laboratory.recipe import Claim, Model
from emotrace.learn.laboratory.run import AS_CLAIMED, TWIN, RunWork, Task, divide, small_settings
from emotrace.learn.laboratory.speech import why_missing
from emotrace.learn.models._build import build_model, read_names
from emotrace.learn.models._neural import NeuralClassifier

SWEEP_EPOCHS = (5, 10, 15, 25)
"""Of the avatar project, for its model 7."""
SMALL_EPOCHS = (1, 2)

Facts = dict[str, Any]
Progress = Callable[[int, int], None]


def find_network(claim: Claim, name: str | None = None) -> Model:
    """Give the neural network of a claim: that of a name, or the first one.

    Raises
    ------
    UsageError
        If the claim has none.
    UnknownNameError
        If it has none of that name.
    """
    networks = [model for model in claim.models if _is_network(model)]
    if not networks:
        raise UsageError(f"claim {claim.claim} has no neural network to sweep the epochs of; R3 has, for instance")
    if name is None:
        return networks[0]
    found = [model for model in networks if model.name == name]
    if not found:
        raise UnknownNameError(f"network of {claim.claim}", name, [model.name for model in networks])
    return found[0]


def sweep_epochs(
    recipe: str,
    root: Path | None,
    epochs: Sequence[int] = SWEEP_EPOCHS,
    *,
    model: str | None = None,
    folder: Path | None = None,
    seed: int = 0,
    is_small: bool = False,
    n_jobs: int = 1,
    cache: Path | bool = True,
    progress: Progress | None = None,
) -> Facts:
    """Train a network of a claim twice, and judge it after each of the epochs.

    Parameters
    ----------
    recipe
        A claim's name, or the path of a recipe.
    root
        Folder with one sub-folder per corpus.
    epochs
        Each at least 1; the last one says how long is trained.
    model
        Name of a network in the recipe; default: its first one.
    folder
        Where checkpoints are kept: the same call goes on from there. None keeps nothing.
    seed
        Of division and network.
    is_small
        A few clips and a narrow network: to see that all works.
    n_jobs, cache
        For features, as those of `emotrace.learn.table.extract_values`.
    progress
        Called with the epochs trained and all.

    Returns
    -------
    dict
        Ready for JSON: ``claim, model, epochs, variants``; each variant (``as claimed``, ``speaker-independent``)
        has ``is_leaky, n_train, n_test, labels``, ``history`` of every epoch and ``at`` with ``epoch, loss,
        accuracy, unweighted_average_recall`` of the tested clips after each epoch asked for; ``best_epoch`` and
        ``gain_of_choice``, how much higher the best of them is in accuracy than the last.
        ``published``: accuracies by epoch, as far as the recipe tells them.

    Raises
    ------
    UsageError
        If epochs are wrong, a corpus is not there, or the claim has no neural network.
    EmotraceError
        If the claim cannot be measured with these corpora.
    """
    wanted = sorted(set(epochs))
    if not wanted or wanted[0] < 1:
        raise UsageError(
            f"epochs must be whole numbers of at least 1, got {', '.join(map(str, epochs)) or 'none'}"
        )
    claim = read_checked_claim(recipe)
    network = find_network(claim, model)
    missing = why_missing(claim.corpora, root)
    if missing or root is None:
        raise UsageError(f"claim {claim.claim} {missing}")
    work = RunWork(root, is_small, cache, n_jobs)
    variants = {}
    for place, variant in enumerate((AS_CLAIMED, TWIN)):
        task = Task(recipe, variant, network.name, claim.groups[0], seed)
        where = None if folder is None else folder / variant.replace(" ", "-")
        n_before = place * wanted[-1]

        def report(line: Mapping[str, Any], n_before: int = n_before) -> None:
            if progress is not None:
                progress(n_before + int(line["epoch"]), 2 * wanted[-1])

        variants[variant] = _train(work, task, network, wanted, where, report)
    return {
        "claim": claim.claim,
        "title": claim.title,
        "model": network.model,
        "preset": network.preset,
        "epochs": wanted,
        "seed": seed,
        "is_small": is_small,
        "published": _published(claim, network),
        "variants": variants,
    }


def _is_network(model: Model) -> bool:
    return isinstance(build_model(model.model, model.preset), NeuralClassifier)


def _train(
    work: RunWork,
    task: Task,
    network: Model,
    epochs: Sequence[int],
    folder: Path | None,
    report: Callable[[Mapping[str, Any]], None],
) -> Facts:
    sides = divide(work.prepare(task.recipe), task, work.is_small)
    truth = np.array([u.emotion for u in sides.test])
    params = small_settings(network.model, network.preset) if work.is_small else {}
    params |= {"epochs": epochs[-1], "patience": None, "random_state": task.nth}
    params |= read_names(network.model, sides.names)
    estimator = build_model(network.model, network.preset, **params)
    estimator.fit(
        sides.train_features,
        np.array([u.emotion for u in sides.train]),
        validation=(sides.test_features, truth),
        folder=folder,
        report=report,
    )
    history = [_line(entry) for entry in estimator.history_]
    at = [history[epoch - 1] for epoch in epochs]
    best = max(at, key=lambda line: float(line["accuracy"]))
    return {
        "is_leaky": not sides.split.is_speaker_independent,
        "n_train": len(sides.train),
        "n_test": len(truth),
        "labels": sorted(set(truth.tolist())),
        "at": at,
        "best_epoch": best["epoch"],
        "gain_of_choice": round(best["accuracy"] - at[-1]["accuracy"], 6),
        "history": history,
    }


def _line(entry: Mapping[str, Any]) -> Facts:
    names = {
        "training_loss": "loss",
        "training_accuracy": "accuracy",
        "loss": "validation_loss",
        "accuracy": "validation_accuracy",
        "unweighted_average_recall": "validation_uar",
    }
    return {
        "epoch": int(entry["epoch"]),
        **{ours: round(float(entry[theirs]), 6) for ours, theirs in names.items()},
    }


def _published(claim: Claim, network: Model) -> dict[str, float]:
    """Give what the recipe tells of the same network, by the number of epochs."""
    epochs = {
        model.name: model.epochs
        for model in claim.models
        if model.epochs and (model.model, model.preset) == (network.model, network.preset)
    }
    return {
        str(epochs[figure.model]): figure.value
        for figure in claim.published
        if figure.model in epochs and figure.measure == "accuracy"
    }
