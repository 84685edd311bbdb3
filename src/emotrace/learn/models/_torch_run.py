"""Train a network epoch by epoch: history, best weights, early stopping, snapshots, resuming."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from torch import nn

from emotrace.errors import TrainingError
from emotrace.learn.models._torch_clips import Clips
from emotrace.learn.models._torch_folder import RunFolder, Weights
from emotrace.learn.models._torch_net import Net, seed_epoch

Report: TypeAlias = "Callable[[Mapping[str, Any]], None]"

MONITORS = {"uar": ("validation_uar", 1.0), "loss": ("validation_loss", -1.0)}
"""By name: the figure of the history that says which epoch is best, and the sign that makes more of it better."""

_FIGURES = {
    "loss": "train_loss",
    "accuracy": "train_accuracy",
    "validation_loss": "valid_loss",
    "validation_accuracy": "valid_accuracy",
    "validation_uar": "valid_uar",
}


@dataclass(frozen=True)
class Plan:
    """How long to train, and what to keep.

    Without ``patience`` all epochs are trained and the last weights are the result. With it, training ends when
    the monitored figure of the validation clips has not become better for so many epochs, and the best weights
    are the result.
    """

    epochs: int
    patience: int | None
    monitor: str
    random_state: int
    snapshot_epochs: frozenset[int] = frozenset()


@dataclass
class Progress:
    """What has been reached: a history entry per epoch, the best epoch by the validation clips, kept weights."""

    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int | None = None
    best: Weights | None = None
    snapshots: dict[int, Weights] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return len(self.history)


def train(net: Net, clips: Clips, plan: Plan, folder: RunFolder | None, report: Report | None) -> Progress:
    """Train as planned, going on from the folder's checkpoint if there is one; leave the result in ``net``.

    Validation clips, if any, are those that the net's ``train_split`` gives.

    Raises
    ------
    TrainingError
        If the loss stops being a number, or the folder cannot be used.
    """
    net.initialize()
    progress = Progress() if folder is None else _resume(net, plan, folder)
    net.notify("on_train_begin", X=clips, y=None)
    try:
        while not _is_done(plan, progress):
            line = _run_epoch(net, clips, plan, progress)
            _keep(net, plan, progress, folder)
            if report is not None:
                report(line)
    except BaseException as error:
        net.notify("on_train_end", X=clips, y=None, failure=error)
        raise
    net.notify("on_train_end", X=clips, y=None)
    if plan.patience is not None and progress.best is not None:
        net.module_.load_state_dict(progress.best)
    return progress


def copy_weights(network: nn.Module) -> Weights:
    """Give a network's weights as they are now, in main memory."""
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


def snapshot_name(epoch: int) -> str:
    """Name the weights after an epoch."""
    return f"epoch-{epoch:04d}"


def _is_done(plan: Plan, progress: Progress) -> bool:
    stalled = progress.epoch - (progress.best_epoch or 0)
    return progress.epoch >= plan.epochs or (plan.patience is not None and stalled >= plan.patience)


def _run_epoch(net: Net, clips: Clips, plan: Plan, progress: Progress) -> dict[str, Any]:
    started = time.perf_counter()
    epoch = progress.epoch + 1
    seed_epoch(plan.random_state, epoch)
    # Not skorch's `fit`: it takes Ctrl-C for the end of training.
    net.fit_loop(clips, epochs=1)
    figures = net.history[-1]
    line: dict[str, Any] = {"epoch": epoch}
    line |= {ours: float(figures[theirs]) for ours, theirs in _FIGURES.items() if theirs in figures}
    if not math.isfinite(line["loss"]):
        raise TrainingError(f"the loss became {line['loss']} in epoch {epoch}; lower learning_rate")
    line["seconds"] = round(time.perf_counter() - started, 3)
    progress.history.append(line)
    return line


def _keep(net: Net, plan: Plan, progress: Progress, folder: RunFolder | None) -> None:
    kept: dict[str, Weights] = {}
    if _is_best(plan, progress):
        progress.best_epoch = progress.epoch
        # Only early stopping goes back to the best weights.
        if plan.patience is not None or folder is not None:
            kept["best"] = progress.best = copy_weights(net.module_)
    if progress.epoch in plan.snapshot_epochs:
        weights = copy_weights(net.module_)
        kept[snapshot_name(progress.epoch)] = progress.snapshots[progress.epoch] = weights
    if folder is not None:
        for name, weights in kept.items():
            folder.write_weights(name, weights)
        folder.write_checkpoint(
            {
                "network": net.module_.state_dict(),
                "optimiser": net.optimizer_.state_dict(),
                "best_epoch": progress.best_epoch,
            },
            progress.history,
        )


def _is_best(plan: Plan, progress: Progress) -> bool:
    figure, sign = MONITORS[plan.monitor]
    *_, latest = progress.history
    if figure not in latest:
        return False
    if progress.best_epoch is None:
        return True
    return bool(sign * latest[figure] > sign * progress.history[progress.best_epoch - 1][figure])


def _resume(net: Net, plan: Plan, folder: RunFolder) -> Progress:
    saved = folder.read_checkpoint()
    if saved is None:
        return Progress()
    progress = Progress(saved["history"], saved["best_epoch"])
    if progress.epoch > plan.epochs:
        raise TrainingError(
            f"{folder.path} holds {progress.epoch} epochs already, {plan.epochs} are wanted; choose another folder"
        )
    net.module_.load_state_dict(saved["network"])
    net.optimizer_.load_state_dict(saved["optimiser"])
    if progress.best_epoch is not None:
        progress.best = folder.read_weights("best")
    for epoch in sorted(e for e in plan.snapshot_epochs if e <= progress.epoch):
        progress.snapshots[epoch] = folder.read_weights(snapshot_name(epoch))
    for _ in progress.history:  # so that skorch and its loggers count on
        net.history.new_epoch()
    return progress
