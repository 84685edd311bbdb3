"""The bundles of a server, by the names their cards give them."""

from __future__ import annotations

import functools
import hashlib

import numpy as np

from emotrace.audio.limits import Limits
from emotrace.bundle import Bundle, load_bundle
from emotrace.errors import UnknownNameError, UsageError
from emotrace.hear.judge import Judge
from emotrace.hear.recognizer import Recogniser
from emotrace.server.settings import Settings

_MOST_LABEL_SETS = 64


class Models:
    """All that can be asked for with ``model`` and ``labels``; each bundle is read once.

    Attributes
    ----------
    hashes
        SHA-256 of each bundle's graph, by name.
    limits
        The largest recording that is heard.

    Raises
    ------
    BundleError, LabelError
        If a bundle cannot be used, or cannot give the default labels.
    UsageError
        If two bundles have the same name.
    """

    def __init__(self, settings: Settings) -> None:
        self._bundles: dict[str, Bundle] = {}
        for source in (settings.model, *settings.more_models):
            bundle = load_bundle(source)
            if bundle.card.name in self._bundles:
                raise UsageError(
                    f"two bundles are named '{bundle.card.name}'; a request could not tell them apart"
                )
            self._bundles[bundle.card.name] = bundle
        self.hashes = {name: hashlib.sha256(b.model_bytes).hexdigest() for name, b in self._bundles.items()}
        self._speech = load_bundle("speech")
        self._labels = settings.labels
        self.limits = Limits(
            max_bytes=settings.max_body_bytes, max_seconds=settings.max_seconds, max_channels=settings.max_channels
        )
        self._made = functools.lru_cache(_MOST_LABEL_SETS)(self._make)
        for name in self._bundles:
            self.recogniser(name)

    @property
    def names(self) -> list[str]:
        """The bundles' names, the default one first."""
        return list(self._bundles)

    def bundle(self, name: str | None = None) -> Bundle:
        """Give a bundle; None is the default one. Raises `UnknownNameError`."""
        wanted = self.names[0] if name is None else name
        if wanted not in self._bundles:
            raise UnknownNameError("model", wanted, self._bundles)
        return self._bundles[wanted]

    def recogniser(self, name: str | None = None, labels: str | None = None) -> Recogniser:
        """Give a model that chooses between ``labels`` (None: the default ones).

        Raises
        ------
        UnknownNameError, LabelError
            If there is no such model, or it cannot give these labels.
        """
        return self._made(self.bundle(name), self._labels if labels is None else labels)

    def warm_up(self, seconds: float) -> None:
        """Hear a little noise with each model, so that no first request waits for what is made only once."""
        for name in self._bundles:
            recogniser = self.recogniser(name)
            noise = np.random.default_rng(0).normal(0.0, 0.1, round(seconds * recogniser.sampling_rate))
            signal = noise.astype(np.float32)
            recogniser.predict(signal, recogniser.sampling_rate)
            # Where nobody speaks, nothing has been judged yet.
            Judge(recogniser.bundle, recogniser.labels).probabilities([signal])

    def _make(self, bundle: Bundle, labels: str | None) -> Recogniser:
        return Recogniser(bundle, self._speech, labels, limits=self.limits)
