"""Find, read and check a bundle."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from emotrace.bundle.card import CARD_FILE, MODEL_FILE, Card
from emotrace.bundle.files import BundleFiles, open_files
from emotrace.bundle.onnx_scan import scan_model
from emotrace.bundle.quoting import plain
from emotrace.bundle.runtime import Bundle
from emotrace.errors import BundleError, suggest

ASSETS = Path(__file__).parent.parent / "assets"
DEFAULT = "default"


def load_bundle(source: str | Path | None = None) -> Bundle:
    """Read a bundle and check all of it but the run.

    Parameters
    ----------
    source
        A folder or a zip; the name of a bundle that is shipped with emotrace (``"default"``, ``"open"``); or
        None for the default one. A shipped name wins over a folder of that name here: write ``./default``
        for the folder.

    Raises
    ------
    BundleError
        If something is missing, foreign, edited, damaged, too large or not self-contained. The model is
        not opened before all of this is known.
    """
    path = find_bundle(source)
    try:
        with open_files(path) as files:
            card = read_card(files)
            model_bytes = read_model(files, card)
        scan_model(model_bytes)
    except BundleError as error:
        raise located(error, path) from None
    return Bundle(card=card, model_bytes=model_bytes, path=path)


def find_bundle(source: str | Path | None = None) -> Path:
    """Give the path that ``source`` means, without looking inside of it."""
    if source is None:
        source = DEFAULT
        if DEFAULT not in shipped_names():
            raise BundleError("the default model is not part of this installation; install emotrace anew")
    if isinstance(source, str):
        if source in shipped_names():
            return ASSETS / source
        if not source or "\0" in source:
            raise BundleError(f"'{plain(source)}' cannot be the name of a bundle")
        if _is_bare_name(source) and not os.path.lexists(source):
            raise BundleError(
                f"no model named '{plain(source)}' is shipped with emotrace, and no folder or zip of this name is "
                f"here; {suggest(source, shipped_names())}"
            )
    return Path(source)


def _is_bare_name(source: str) -> bool:
    """Say whether it rather means a model than a path: ``open``, but not ``./open`` or ``open.zip``."""
    return Path(source).name == source and not Path(source).suffix


def shipped_names() -> list[str]:
    """List the names of the bundles that are shipped with emotrace."""
    return sorted(card.parent.name for card in ASSETS.glob(f"*/{CARD_FILE}"))


def read_card(files: BundleFiles) -> Card:
    """Read and check ``card.json``, which must say what the model's bytes are."""
    card = Card.from_json(files.read(CARD_FILE))
    if not card.files:
        raise BundleError(f"{CARD_FILE}: key 'files' must give the SHA-256 and bytes of {MODEL_FILE}")
    return card


def read_model(files: BundleFiles, card: Card) -> bytes:
    """Read ``model.onnx``, which must be the very bytes that the card speaks of."""
    facts = card.files[MODEL_FILE]
    # The card's length bounds the reading, so that a zip cannot unpack to more than its card admits.
    data = files.read(MODEL_FILE, facts["bytes"], f"that {CARD_FILE} gives: {_EDITED}")
    digest = hashlib.sha256(data).hexdigest()
    if len(data) != facts["bytes"] or digest != facts["sha256"]:
        raise BundleError(
            f"{MODEL_FILE} is not the model that {CARD_FILE} describes ({len(data):,} bytes with SHA-256 "
            f"{digest[:12]}…, expected {facts['bytes']:,} with {facts['sha256'][:12]}…): {_EDITED}"
        )
    return data


def located(error: BundleError, path: Path) -> BundleError:
    """Say in which bundle an error is."""
    return BundleError(f"bundle '{plain(str(path), 200)}': {error}")


_EDITED = "it was edited or damaged; get the bundle anew from where it came"
