"""What all neural families share: a scikit-learn classifier that trains a PyTorch network through skorch.

A family is a subclass that adds the shape of its network to the parameters and says how to build it. Features are
scaled inside, by what the training clips have, so that the clips of validation speakers, later ones and the
exported graph all meet the same scaler.
"""

from __future__ import annotations

import copy
import hashlib
import json
import numbers
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted
from skorch.helper import predefined_split
from torch import Tensor, nn

from emotrace.errors import TrainingError, UsageError
from emotrace.learn.models._keras import initialise
from emotrace.learn.models._torch_clips import Clips, read_inputs, read_truth
from emotrace.learn.models._torch_folder import RunFolder
from emotrace.learn.models._torch_net import (
    Net,
    choose_device,
    make_loggers,
    make_net,
    own_randomness,
    seed_epoch,
)
from emotrace.learn.models._torch_run import MONITORS, Plan, Report, train

Self = TypeVar("Self", bound="NeuralClassifier")


@dataclass(kw_only=True, eq=False, repr=False)
class NeuralClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Base of the neural families; parameters are scikit-learn's, so `clone` and searches work.

    Parameters
    ----------
    epochs
        At most so many rounds through the training clips; exactly so many without ``patience``.
    batch_size
        Clips per step, at least 2.
    learning_rate
        Of Adam.
    patience
        ``None``, as published: train all epochs, keep the last weights, choose nothing. A number: stop when the
        clips of the validation speakers, which `fit` is then given, have not been recognised better for so many
        epochs, and keep the weights of the best one. Validation clips are never drawn from the training clips.
    monitor
        What "better" means: ``uar`` (unweighted average recall) or ``loss``.
    random_state
        The same number gives the same weights on the same kind of CPU; GPUs may differ in the last digits.
    device
        ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
    mixed_precision
        Train in bfloat16 where PyTorch holds that safe. Predictions are always computed in 32 bits.

    Attributes
    ----------
    classes_
        The labels, sorted.
    history_
        One dict per epoch: ``epoch`` (from 1), ``loss``, ``accuracy``, with validation clips ``validation_loss``,
        ``validation_accuracy`` and ``validation_uar``, and ``seconds``; plain numbers, ready for JSON.
    best_epoch_
        The epoch with the best monitored figure; None without validation clips.
    shape_
        Shape of the input of one clip, as trained.
    net_
        The skorch net; its ``module_`` is the PyTorch network.
    """

    RANKS: ClassVar[Collection[int]] = (1,)
    """How many dimensions the input of one clip may have."""
    SCALED: ClassVar[bool] = True

    epochs: int = 50
    batch_size: int = 64
    learning_rate: float = 1e-3
    patience: int | None = None
    monitor: str = "uar"
    random_state: int = 0
    device: str = "auto"
    mixed_precision: bool = False

    def network(self, shape: tuple[int, ...], n_classes: int) -> nn.Module:
        """Build the untrained network: inputs (batch, *shape) -> logits (batch, n_classes)."""
        raise NotImplementedError

    def check_inputs(self, clips: Clips, what: str) -> None:
        """Refuse inputs that the family cannot take, beyond those of a wrong shape or not finite."""

    def fit(
        self: Self,
        features: ArrayLike | Sequence[ArrayLike],
        labels: ArrayLike,
        *,
        validation: tuple[ArrayLike | Sequence[ArrayLike], ArrayLike] | None = None,
        folder: Path | str | None = None,
        snapshot_epochs: Iterable[int] = (),
        loggers: Sequence[str] = (),
        report: Report | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        features
            Inputs, shape (n, ...); frames that differ in number from clip to clip as a list of (n_frames, width).
        labels
            Shape (n,).
        validation
            Inputs and labels of other speakers. Needed if ``patience`` is set; else they only enter the history.
        folder
            Where checkpoints and history are kept. If a run of the same settings and clips was begun there, it
            goes on, and gives the weights it would have given uninterrupted; ``epochs`` may have grown.
        snapshot_epochs
            Epochs whose weights are kept for `at_epoch`.
        loggers
            Any of ``tensorboard`` (writes into ``folder``) and ``mlflow`` (into its active run), if installed.
            MLflow is told not to report its use to its makers, unless ``MLFLOW_DISABLE_TELEMETRY`` says otherwise.
        report
            Called with the history's entry after each epoch.

        Raises
        ------
        TrainingError
            If the clips or the folder cannot be used, or the loss stops being a number.
        UsageError
            If a parameter has a value that is not allowed.
        MissingExtraError
            If a logger is not installed.
        """
        plan = self._plan(frozenset(snapshot_epochs), has_validation=validation is not None)
        device = choose_device(self.device)
        clips, self.classes_ = self._read_training(features, labels)
        held_out = None if validation is None else self._read_validation(*validation, clips)
        where = None if folder is None else Path(folder)
        run = None if where is None else RunFolder(where, self._identity(clips, held_out))
        callbacks = make_loggers(loggers, where)
        with own_randomness(device):
            seed_epoch(self.random_state, 0)
            network = self._build(clips)
            split = None if held_out is None else predefined_split(held_out)
            net = self._wrap(network, device, callbacks, split, self.mixed_precision)
            progress = train(net, clips, plan, run, report)
        self.shape_ = clips.shape
        self.n_features_in_ = clips.shape[-1]
        self.history_, self.best_epoch_ = progress.history, progress.best_epoch
        self.snapshots_ = progress.snapshots
        self.net_ = self._wrap(network, device).initialize()
        return self

    def predict_proba(self, features: ArrayLike | Sequence[ArrayLike]) -> NDArray[np.float32]:
        """Give the probabilities of ``classes_``, shape (n, n_classes).

        Raises
        ------
        TrainingError
            If the inputs are not finite numbers of the shape that was trained with.
        """
        check_is_fitted(self, "net_")
        clips = self._read(features, "the features")
        _require_alike(clips.shape, self.shape_, "the features")
        probabilities: NDArray[np.float32] = self.net_.predict_proba(clips)
        return probabilities

    def predict(self, features: ArrayLike | Sequence[ArrayLike]) -> NDArray[Any]:
        """Give the most probable label of each clip, shape (n,)."""
        labels: NDArray[Any] = self.classes_[self.predict_proba(features).argmax(axis=1)]
        return labels

    def at_epoch(self: Self, epoch: int) -> Self:
        """Give the classifier as it was after an epoch that `fit` was asked to keep.

        Raises
        ------
        UsageError
            If that epoch was not kept.
        """
        check_is_fitted(self, "net_")
        if epoch not in self.snapshots_:
            kept = ", ".join(map(str, sorted(self.snapshots_))) or "none"
            raise UsageError(f"epoch {epoch} was not kept (kept: {kept}); name it in fit(snapshot_epochs=...)")
        earlier = copy.copy(self)
        network = copy.deepcopy(self.net_.module_)
        network.load_state_dict(self.snapshots_[epoch])
        earlier.net_ = self._wrap(network, self.net_.device).initialize()
        earlier.history_ = self.history_[:epoch]
        return earlier

    def _plan(self, snapshot_epochs: frozenset[int], has_validation: bool) -> Plan:
        require_whole("epochs", self.epochs, 1)
        require_whole("batch_size", self.batch_size, 2)
        require_whole("random_state", self.random_state, 0)
        _require_positive("learning_rate", self.learning_rate)
        if self.patience is not None:
            require_whole("patience", self.patience, 1)
            if not has_validation:
                raise UsageError(
                    "early stopping needs the clips of validation speakers: give "
                    "fit(validation=(features, labels)), or patience=None to train all epochs as published"
                )
        if self.monitor not in MONITORS:
            raise UsageError(f"monitor must be {' or '.join(map(repr, MONITORS))}, not {self.monitor!r}")
        beyond = sorted(epoch for epoch in snapshot_epochs if not 1 <= epoch <= self.epochs)
        if beyond:
            raise UsageError(f"epoch {beyond[0]} cannot be kept: {self.epochs} are trained, counted from 1")
        return Plan(self.epochs, self.patience, self.monitor, self.random_state, snapshot_epochs)

    def _read_training(self, features: Any, labels: ArrayLike) -> tuple[Clips, NDArray[Any]]:
        clips = self._read(features, "the features")
        classes = np.unique(np.asarray(labels))
        truth = read_truth(labels, classes, len(clips))
        if len(classes) < 2:
            raise TrainingError(
                f"all training clips have the label '{classes[0]}': there is nothing to tell apart; "
                "give clips of at least two labels"
            )
        return Clips(clips.inputs, truth), classes

    def _read_validation(self, features: Any, labels: ArrayLike, clips: Clips) -> Clips:
        what = "the validation features"
        held_out = self._read(features, what)
        _require_alike(held_out.shape, clips.shape, what)
        return Clips(held_out.inputs, read_truth(labels, self.classes_, len(held_out), what))

    def _read(self, features: Any, what: str) -> Clips:
        clips = read_inputs(features, self.RANKS, what)
        self.check_inputs(clips, what)
        return clips

    def _build(self, clips: Clips) -> nn.Module:
        network = self.network(clips.shape, len(self.classes_))
        initialise(network)
        if not self.SCALED:
            return network
        scaler = StandardScaler().fit(clips.stacked())
        return Scaled(network, scaler.mean_, scaler.scale_)

    def _wrap(
        self,
        network: nn.Module,
        device: str,
        callbacks: Sequence[Any] = (),
        train_split: Any = None,
        mixed_precision: bool = False,
    ) -> Net:
        return make_net(
            network,
            n_classes=len(self.classes_),
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            device=device,
            mixed_precision=mixed_precision,
            callbacks=callbacks,
            train_split=train_split,
        )

    def _identity(self, *sides: Clips | None) -> str:
        """Hash all that the weights after an epoch depend on: parameters, labels and the clips themselves."""
        later = {"epochs", "device"}
        parameters = {name: value for name, value in self.get_params().items() if name not in later}
        facts = [type(self).__name__, parameters, self.classes_.tolist()]
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True, default=_plain).encode())
        for side in sides:
            digest.update(b"side")
            for part in _tensors(side):
                digest.update(repr(tuple(part.shape)).encode() + part.numpy().tobytes())
        return digest.hexdigest()[:16]


class Scaled(nn.Module):
    """A network behind the scaler of its features, which is (x - offset) / scale along the last dimension."""

    offset: Tensor
    scale: Tensor

    def __init__(self, network: nn.Module, offset: ArrayLike, scale: ArrayLike) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("offset", torch.tensor(np.asarray(offset), dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(np.asarray(scale), dtype=torch.float32))

    def forward(self, x: Tensor, **lengths: Tensor) -> Tensor:
        logits: Tensor = self.network((x - self.offset) / self.scale, **lengths)
        return logits


def is_alike(shape: tuple[int, ...], trained: tuple[int, ...]) -> bool:
    """Tell whether a network trained on one shape takes another: the number of frames is free."""
    if len(shape) == len(trained) == 2:
        return shape[1] == trained[1]
    return shape == trained


def _require_alike(shape: tuple[int, ...], trained: tuple[int, ...], what: str) -> None:
    if not is_alike(shape, trained):
        raise TrainingError(
            f"{what} have the shape {shape} for one clip, the network was trained on {trained}; "
            "extract the same feature set as in training"
        )


def require_whole(name: str, value: Any, low: int) -> None:
    """Raise `UsageError` unless a parameter is a whole number of at least ``low``."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < low:
        raise UsageError(f"{name} must be a whole number of at least {low}, not {value!r}")


def require_share(name: str, value: Any) -> None:
    """Raise `UsageError` unless a parameter is a number from 0 to below 1."""
    if not isinstance(value, numbers.Real) or not 0.0 <= float(value) < 1.0:
        raise UsageError(f"{name} must be a number from 0 to below 1, not {value!r}")


def require_shrink(value: Any, narrowest: int) -> None:
    """Raise `UsageError` unless layers, of which the narrowest is given, can be divided by ``shrink``."""
    if isinstance(value, bool) or value not in range(1, narrowest + 1):
        raise UsageError(f"shrink must be a whole number from 1 to {narrowest}, not {value!r}")


def _require_positive(name: str, value: Any) -> None:
    if not isinstance(value, numbers.Real) or not 0.0 < float(value) < float("inf"):
        raise UsageError(f"{name} must be a number above 0, not {value!r}")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else repr(value)


def _tensors(side: Clips | None) -> list[Tensor]:
    if side is None or side.truth is None:
        return []
    inputs = [side.inputs] if isinstance(side.inputs, Tensor) else side.inputs
    return [*inputs, side.truth]
