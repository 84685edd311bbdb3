"""Check a bundle step by step, and say what was found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from emotrace.bundle.card import MODEL_FILE
from emotrace.bundle.files import open_files
from emotrace.bundle.onnx_scan import scan_model
from emotrace.bundle.quoting import plain
from emotrace.bundle.read import find_bundle, read_card, read_model
from emotrace.bundle.runtime import OUTPUT, Bundle
from emotrace.errors import BundleError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FRAMES = 100
"""So many frames are tried where any number will do: about 2 s."""


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
    axes = "samples" if card.features is None else " x ".join(str(n or "any") for n in bundle.input_shape)
    yield f"'{bundle.input_name}' (batch, {axes}) to '{OUTPUT}' as the card says"
    yield _run(bundle) if card.features is None else _run_features(bundle)


def _run(bundle: Bundle) -> str:
    """Judge a batch of silence and noise, the shortest and the usual length, twice with the same result."""
    import numpy as np

    card = bundle.card
    rng = np.random.default_rng(0)
    for n_samples in (card.minimum_samples, round(card.window_seconds * card.sampling_rate)):
        noise = rng.uniform(-0.5, 0.5, size=n_samples).astype(np.float32)
        _run_twice(bundle, np.stack([np.zeros(n_samples, dtype=np.float32), noise]), f"{n_samples} samples")
    return f"silence and noise of {card.minimum_seconds:g} s and {card.window_seconds:g} s give probabilities"


def _run_features(bundle: Bundle) -> str:
    """Judge zeros and noise of the sizes that features have, twice with the same result."""
    import numpy as np

    shape = [_FRAMES if length is None else length for length in bundle.input_shape]
    noise = np.random.default_rng(0).normal(0.0, 100.0, shape)
    _run_twice(bundle, np.stack([np.zeros(shape), noise]).astype(np.float32), "features")
    return f"zeros and noise in place of the features '{plain(_set_of(bundle))}' give probabilities"


def _set_of(bundle: Bundle) -> str:
    return "" if bundle.card.features is None else bundle.card.features["set"]


def _run_twice(bundle: Bundle, inputs: NDArray[np.float32], what: str) -> None:
    if (bundle.predict(inputs) != bundle.predict(inputs)).any():
        raise BundleError(f"{MODEL_FILE} judges the same {what} differently each time")
