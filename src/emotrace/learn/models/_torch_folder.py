"""The folder of a training run: what is needed to go on after an interruption.

``checkpoint.pt`` holds the state after the last whole epoch, ``best.pt`` the weights of the best one so far,
``epoch-0010.pt`` those of an epoch that was asked for, and ``history.json`` one entry per epoch. Each file appears
whole or not at all, and what the checkpoint refers to is written before it.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor

from emotrace.atomic import replacing
from emotrace.errors import TrainingError

Weights: TypeAlias = "dict[str, Tensor]"


class RunFolder:
    """Keeps and gives back the states of the run that ``identity`` stands for."""

    def __init__(self, path: Path, identity: str) -> None:
        self.path, self._identity = path, identity
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrainingError(
                f"{path}: cannot be made a folder for the run ({error.strerror}); choose another one"
            ) from error

    def read_checkpoint(self) -> dict[str, Any] | None:
        """Give the state after the last whole epoch, None if nothing has been done yet.

        Raises
        ------
        TrainingError
            If the folder belongs to another run, or the file is damaged.
        """
        file = self.path / "checkpoint.pt"
        if not file.exists():
            return None
        saved = self._read(file)
        if saved.get("identity") != self._identity:
            raise TrainingError(
                f"{file} was begun with other settings or other clips; choose another folder or delete this one"
            )
        return saved

    def write_checkpoint(self, state: Mapping[str, Any], history: list[dict[str, Any]]) -> None:
        """Keep the state and the history after an epoch."""
        self._write(self.path / "checkpoint.pt", {"identity": self._identity, "history": history, **state})
        self._write_text(self.path / "history.json", json.dumps(history, indent=1) + "\n")

    def read_weights(self, name: str) -> Weights:
        """Give weights kept as ``name``."""
        weights: Weights = self._read(self.path / f"{name}.pt")
        return weights

    def write_weights(self, name: str, weights: Weights) -> None:
        """Keep weights as ``name``."""
        self._write(self.path / f"{name}.pt", weights)

    def _read(self, file: Path) -> dict[str, Any]:
        try:
            content = torch.load(file, map_location="cpu", weights_only=True)
        except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
            raise TrainingError(
                f"{file} cannot be read; choose another folder or delete this one to begin anew"
            ) from error
        if not isinstance(content, dict):
            raise TrainingError(f"{file} is no checkpoint; choose another folder or delete this one to begin anew")
        return content

    def _write(self, file: Path, content: Mapping[str, Any]) -> None:
        try:
            with replacing(file) as part:
                torch.save(dict(content), part)
        except (OSError, RuntimeError) as error:
            raise _unwritable(file, error) from error

    def _write_text(self, file: Path, text: str) -> None:
        try:
            with replacing(file) as part:
                part.write_text(text, encoding="utf-8")
        except OSError as error:
            raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError | RuntimeError) -> TrainingError:
    # PyTorch reports a full disk as a RuntimeError of several lines.
    reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
    return TrainingError(
        f"{file} cannot be written ({reason}); make room there and start again: "
        "training goes on after the last epoch that was kept"
    )
