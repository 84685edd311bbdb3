"""Figures that ship with the package: what was measured of the shipped models, and the reproduction of claims."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from emotrace.bundle import Card

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one model beyond its card; None where nothing was measured.

    Attributes
    ----------
    evaluation
        As ``emotrace evaluate`` writes it.
    robustness
        As ``emotrace robustness`` writes it.
    baseline
        What a personal baseline changes, as ``benchmarks/baseline.py`` writes it.
    """

    evaluation: Facts | None = None
    robustness: Facts | None = None
    baseline: Facts | None = None


def figures_of(card: Card) -> Figures:
    """Give the shipped figures of the very model that a card speaks of, told by its hash."""
    digest = card.files.get("model.onnx", {}).get("sha256", "")
    evaluation, robustness, baseline = (_read(name) for name in ("default", "robustness", "baseline"))
    return Figures(
        evaluation if evaluation is not None and evaluation.get("model_sha256") == digest else None,
        robustness if robustness is not None and robustness.get("model_sha256") == digest else None,
        baseline if baseline is not None and _is_of(baseline, digest) else None,
    )


def read_reproduction() -> Facts | None:
    """Give the table of claims, as ``emotrace reproduce`` writes it; None where it was not shipped."""
    return _read("reproduction")


def _is_of(baseline: Facts, digest: str) -> bool:
    start = str(baseline.get("bundles", {}).get("default", ""))
    return bool(start) and digest.startswith(start)


@functools.cache
def _read(name: str) -> Facts | None:
    file = files("emotrace.app") / "assets" / "results" / f"{name}.json"
    if not file.is_file():
        return None
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found
