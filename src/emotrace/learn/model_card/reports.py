"""The reports that figures are taken from, read back and known to be of the same model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from emotrace.bundle import Card
from emotrace.errors import ReportError

Facts = dict[str, Any]


def read_evaluation(path: Path, card: Card) -> Facts:
    """Read the ``report.json`` of ``emotrace evaluate``.

    Raises
    ------
    ReportError
        If it cannot be read, is something else, or is of another model than ``card``.
    """
    return _read(path, card, ("pooled", "corpora", "protocol"), "evaluate")


def read_robustness(path: Path, card: Card) -> Facts:
    """Read what ``emotrace robustness`` wrote; errors as of `read_evaluation`."""
    return _read(path, card, ("conditions", "non_speech", "targets"), "robustness")


def _read(path: Path, card: Card, keys: tuple[str, ...], command: str) -> Facts:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ReportError(f"{path}: is no JSON: {' '.join(str(error).split())}") from None
    missing = [key for key in (*keys, "model_sha256") if not isinstance(report, dict) or key not in report]
    if missing:
        raise ReportError(f"{path}: has no '{missing[0]}'; give a report that 'emotrace {command}' wrote")
    own = card.files["model.onnx"]["sha256"]
    if report["model_sha256"] != own:
        raise ReportError(
            f"{path}: is of another model (SHA-256 {str(report['model_sha256'])[:16]}…) than bundle '{card.name}' "
            f"({own[:16]}…); judge it again: emotrace {command}"
        )
    found: Facts = report
    return found
