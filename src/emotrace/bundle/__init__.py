"""Read, write and verify a trained model: the only thing the two journeys share.

A **bundle** is a folder, or a zip named ``.zip`` or ``.emotrace``, that holds exactly

``model.onnx``
    a graph from ``waveform`` float32 ``(batch, samples)``, at the card's sampling rate, to
    ``probabilities`` float32: ``(batch, n_labels)`` for kinds ``emotion`` and ``sex``, ``(batch, n_frames)`` for
    kind ``speech`` (probability that somebody speaks). The acoustic front end is inside the graph. Where the card
    names a feature set, the graph takes its values, ``features`` float32 ``(batch, *shape)``, instead.
``card.json``
    what the model is, may be used for and has scored, and the SHA-256 of ``model.onnx``: see `Card`.

``README.md`` and ``LICENSE`` may lie beside them; anything else is refused. A bundle is only data: it is
never unpickled, brings no code, and its graph can name no file outside of itself. What a hostile graph can
still do is waste time and memory, as a hostile recording can. The hash tells an edited or damaged model
from the one the card was written for; it does not say who wrote the card.
"""

from emotrace.bundle.card import Card
from emotrace.bundle.read import load_bundle
from emotrace.bundle.runtime import Bundle
from emotrace.bundle.verify import Check, verify_bundle
from emotrace.bundle.write import write_bundle

__all__ = ["Bundle", "Card", "Check", "load_bundle", "verify_bundle", "write_bundle"]
