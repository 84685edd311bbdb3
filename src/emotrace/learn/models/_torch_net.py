"""skorch's classifier as emotrace trains it: Keras' Adam, mixed precision, scores of each epoch, loggers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback, MlflowLogger, TensorBoard
from torch import Tensor, nn

from emotrace.errors import MissingExtraError, TrainingError, UnknownNameError, UsageError
from emotrace.learn.models._keras import ADAM_EPSILON
from emotrace.learn.models._torch_clips import Batches

LOGGERS = ("mlflow", "tensorboard")


class Net(NeuralNetClassifier):  # type: ignore[misc]
    """A skorch classifier of class numbers; with ``mixed_precision`` the network computes in bfloat16."""

    def __init__(self, module: nn.Module, *, mixed_precision: bool = False, **kwargs: Any) -> None:
        super().__init__(module, **kwargs)
        self.mixed_precision = mixed_precision

    def infer(self, x: Any, **fit_params: Any) -> Tensor:
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.mixed_precision):
            logits: Tensor = super().infer(x, **fit_params)
        return logits.float()


class EpochScores(Callback):  # type: ignore[misc]
    """Records ``train_accuracy``, ``valid_accuracy`` and ``valid_uar`` (unweighted average recall) of each epoch.

    As in Keras, the figures of training are those of the batches as they were learnt from.
    """

    def on_epoch_begin(self, _net: Net, **_: Any) -> None:
        self.seen_: dict[bool, list[tuple[Tensor, Tensor]]] = {True: [], False: []}

    def on_batch_end(
        self, _net: Net, batch: Any = None, training: bool = False, y_pred: Tensor | None = None, **_: Any
    ) -> None:
        assert y_pred is not None
        self.seen_[training].append((batch[1], y_pred.detach().argmax(dim=1)))

    def on_epoch_end(self, net: Net, **_: Any) -> None:
        for training, name in ((True, "train"), (False, "valid")):
            if self.seen_[training]:
                truth, guess = (torch.cat(part).cpu().numpy() for part in _columns(self.seen_[training]))
                net.history.record(f"{name}_accuracy", float(np.mean(truth == guess)))
                if not training:
                    net.history.record(f"{name}_uar", mean_recall(truth, guess))
        self.seen_ = {True: [], False: []}


class MlflowRun(MlflowLogger):  # type: ignore[misc]
    """Logs into MLflow's active run, or into one of its own where there is none."""

    def on_train_begin(self, net: Net, **kwargs: Any) -> None:
        super().on_train_begin(net, **kwargs)
        self.mlflow_ = import_module("mlflow")
        with _telling_mlflow():
            self.is_own_ = self.mlflow_.active_run() is None
            self.run_ = self.mlflow_.start_run() if self.is_own_ else self.mlflow_.active_run()

    def on_epoch_end(self, net: Net, **kwargs: Any) -> None:
        with _telling_mlflow():
            super().on_epoch_end(net, **kwargs)

    def on_train_end(self, _net: Net, failure: BaseException | None = None, **_: Any) -> None:
        if self.is_own_ and failure is None:
            with _telling_mlflow():
                self.mlflow_.end_run()
        elif self.is_own_:
            # What failed is what is told, whether or not MLflow can be reached.
            with suppress(TrainingError), _telling_mlflow():
                self.mlflow_.end_run("KILLED" if isinstance(failure, KeyboardInterrupt) else "FAILED")


@contextmanager
def _telling_mlflow() -> Iterator[None]:
    """Say in one line why MLflow takes nothing."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise TrainingError(
            f"MLflow takes no figures: {reason}; set MLFLOW_TRACKING_URI to where it does, or leave the logger out"
        ) from None


def mean_recall(truth: NDArray[np.int64], guess: NDArray[np.int64]) -> float:
    """Give the mean over the classes that occur of the share of their clips that were recognised."""
    return float(np.mean([np.mean(guess[truth == k] == k) for k in np.unique(truth)]))


def make_net(
    network: nn.Module,
    *,
    n_classes: int,
    learning_rate: float,
    batch_size: int,
    device: str,
    mixed_precision: bool,
    callbacks: Sequence[Callback] = (),
    train_split: Any = None,
) -> Net:
    """Wrap a network for training and prediction; ``device`` is ``cpu`` or ``cuda``."""
    return Net(
        network,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        optimizer__eps=ADAM_EPSILON,
        optimizer__fused=True,
        lr=learning_rate,
        batch_size=batch_size,
        iterator_train=Batches,
        iterator_train__shuffle=True,
        iterator_valid=Batches,
        train_split=train_split,
        classes=list(range(n_classes)),
        callbacks=[("scores", EpochScores()), *((type(c).__name__, c) for c in callbacks)],
        callbacks__valid_acc=None,
        callbacks__print_log=None,
        verbose=0,
        device=device,
        mixed_precision=mixed_precision,
    )


def choose_device(name: str) -> str:
    """Give ``cpu`` or ``cuda``; ``auto`` takes the GPU where there is one.

    Raises
    ------
    UsageError
        If the name is another one, or a GPU is asked for where none can be used.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise UsageError(f"device must be 'auto', 'cpu' or 'cuda', not {name!r}")
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("device is 'cuda', but PyTorch finds no GPU here; use 'cpu' or 'auto'")
    return name


@contextmanager
def own_randomness(device: str) -> Iterator[None]:
    """Give PyTorch's generators back as they were: what is drawn inside leaves no trace outside."""
    with torch.random.fork_rng(devices=[torch.cuda.current_device()] if device == "cuda" else []):
        yield


def seed_epoch(random_state: int, epoch: int) -> None:
    """Seed PyTorch's generators for one epoch, so that a resumed run draws what an uninterrupted one would."""
    torch.manual_seed(int(np.random.SeedSequence([random_state, epoch]).generate_state(1, np.uint64)[0] >> 1))


def make_loggers(names: Sequence[str], folder: Path | None) -> list[Callback]:
    """Give skorch's loggers of these names.

    Raises
    ------
    UnknownNameError, MissingExtraError, UsageError
        If there is no such logger, its package is not installed, or TensorBoard has no folder to write to.
    """
    return [_make_logger(name, folder) for name in names]


def require_loggers(names: Sequence[str]) -> None:
    """Raise `UnknownNameError` or `MissingExtraError` if a logger of these names cannot be had."""
    for name in names:
        if name not in LOGGERS:
            raise UnknownNameError("logger", name, LOGGERS)
        if find_spec(name) is None:
            raise MissingExtraError(f"the logger '{name}'", "loggers")


def _make_logger(name: str, folder: Path | None) -> Callback:
    require_loggers([name])
    if name == "mlflow":
        # Nothing is sent to its makers unless the user wants it to be.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        return MlflowRun(create_artifact=False, terminate_after_train=False)
    if folder is None:
        raise UsageError("the logger 'tensorboard' writes into the folder of the run; give one with folder=")
    from torch.utils.tensorboard import SummaryWriter

    return TensorBoard(SummaryWriter(folder / "tensorboard"), close_after_train=True)


def _columns(pairs: list[tuple[Tensor, Tensor]]) -> tuple[list[Tensor], list[Tensor]]:
    return [truth for truth, _ in pairs], [guess for _, guess in pairs]
