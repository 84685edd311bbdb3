"""Check a bundle step by step, and say what was found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from emotrace.bundle.card import MODEL_FILE
from emotrace.bundle.files import open_files
from emotrace.bundle.onnx_scan import scan_model
from emotrace.bundle.quoting import plain
from emotrace.bundle.read import find_bundle, read_card, read_model
from emotrace.bundle.runtime import INPUT, OUTPUT, Bundle
from emotrace.errors import BundleError


class Check(NamedTuple):
    """One check of a bundle: what it is called, whether it was passed, and what was found."""

    check: str
    passed: bool
    detail: str


CHECKS = ("found", "files", "card", "hash", "self-contained", "graph", "run")
"""In this order. One that fails is the last: what follows would have to trust what it refused."""


def verify_bundle(source: str | Path | None = None) -> list[Check]:
    """Check everything that can be checked of a bundle without its training data.

    Parameters
    ----------
    source
        As for `load_bundle`.

    Returns
    -------
    checks
        Those that were made, in the order of `CHECKS`. Only the last one can have failed, and then its
        detail says why; nothing is raised for a bad bundle.
    """
    steps, checks = _steps(source), list[Check]()
    for name in CHECKS:
        try:
            detail = next(steps)
        except BundleError as error:
            return [*checks, Check(name, False, str(error))]
        checks.append(Check(name, True, detail))
    return checks


def _steps(source: str | Path | None) -> Iterator[str]:
    path = find_bundle(source)
    yield plain(str(path), 200)
    with open_files(path) as files:
        yield "the files of a bundle and nothing else"
        card = read_card(files)
        yield f"{card.name}, kind {card.kind}, format version {card.format_version}"
        model_bytes = read_model(files, card)
    yield f"SHA-256 {card.files[MODEL_FILE]['sha256']} of {len(model_bytes):,} bytes"
    scan_model(model_bytes)
    yield "all weights inside, standard operators only"
    bundle = Bundle(card=card, model_bytes=model_bytes, path=path)
    bundle.session()
    yield f"'{INPUT}' (batch, samples) to '{OUTPUT}' as the card says"
    yield _run(bundle)


def _run(bundle: Bundle) -> str:
    """Judge a batch of silence and noise, the shortest and the usual length, twice with the same result."""
    import numpy as np

    card = bundle.card
    rng = np.random.default_rng(0)
    for n_samples in (card.minimum_samples, round(card.window_seconds * card.sampling_rate)):
        noise = rng.uniform(-0.5, 0.5, size=n_samples).astype(np.float32)
        waveforms = np.stack([np.zeros(n_samples, dtype=np.float32), noise])
        first, second = bundle.predict(waveforms), bundle.predict(waveforms)
        if not np.array_equal(first, second):
            raise BundleError(f"{MODEL_FILE} judges the same {n_samples} samples differently each time")
    return f"silence and noise of {card.minimum_seconds:g} s and {card.window_seconds:g} s give probabilities"
