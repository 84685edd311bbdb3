"""A feature set by its name, with its parameter where it takes one.

Most sets are plain modules and mean one thing: ``means184``. A few stand for many and take a parameter after a
colon: ``smile:eGeMAPSv02``, ``ssl:FOLDER@layer=9``. In place of ``NAMES``, ``SAMPLING_RATE``, ``LEVEL`` and
``extract``, the module of such a set has

- ``PARAMETER``: what may stand after the colon, in a few words, and
- ``configure(parameter)``, which gives a `FeatureSet`.

A plain module whose values depend on more than its code says so by ``LIBRARIES`` and ``data_fingerprint()``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emotrace import registry
from emotrace.errors import UsageError

Level = Literal["functionals", "lld", "image"]
"""What one signal gives: a row ``(n,)``, frames ``(n_frames, n)`` or a picture ``(height, width, n)``."""


def no_data() -> str:
    """Stand for sets that are all source code."""
    return ""


@dataclass(frozen=True)
class FeatureSet:
    """A feature set that is ready to extract.

    Attributes
    ----------
    name
        As it is written in recipes and at the command line, with its parameter.
    names
        Of the values along the last axis.
    sampling_rate
        Of the signals it takes, in Hz.
    level
        ``functionals``, ``lld`` or ``image``.
    extract
        ``(signal, sampling_rate) -> values``, float32; raises ValueError for signals it can say nothing of.
    module
        The module it comes from.
    libraries
        Packages, beside those of emotrace itself, on whose versions its values depend.
    data_fingerprint
        Gives a text that changes with any files, such as weights, on which its values depend.
    """

    name: str
    names: tuple[str, ...]
    sampling_rate: int
    level: Level
    extract: Callable[[NDArray[np.float32], int], NDArray[np.float32]]
    module: ModuleType | None = None
    libraries: tuple[str, ...] = ()
    data_fingerprint: Callable[[], str] = no_data


@lru_cache(maxsize=8)
def load_feature_set(name: str) -> FeatureSet:
    """Give the feature set called ``name``, such as ``means184`` or ``smile:eGeMAPSv02``.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    UsageError
        If it lacks a parameter, has one it does not take, or one that it does not understand.
    MissingExtraError
        If it needs a library that is not installed.

    >>> load_feature_set("means184").names[0]
    'rms_mean'
    """
    base, _, parameter = name.partition(":")
    module = registry.load("feature set", base)
    canonical = base.lower().replace("_", "-")
    if hasattr(module, "configure"):
        if not parameter:
            raise UsageError(f"feature set '{base}' needs a parameter: {canonical}:{module.PARAMETER}")
        configured: FeatureSet = module.configure(parameter)
        return configured
    if ":" in name:
        raise UsageError(f"feature set '{base}' takes no parameter, got '{parameter}'; write just {canonical}")
    return FeatureSet(
        canonical,
        tuple(module.NAMES),
        module.SAMPLING_RATE,
        module.LEVEL,
        module.extract,
        module,
        getattr(module, "LIBRARIES", ()),
        getattr(module, "data_fingerprint", no_data),
    )
