"""openSMILE's functionals: eGeMAPSv02 (88 values) and ComParE_2016 (6373), at 16,000 Hz.

Called ``smile:eGeMAPSv02`` and ``smile:ComParE_2016``. Computed by the package ``opensmile`` (extra ``smile``),
which names the values; nothing is recomputed here.

**openSMILE is not free software.** Its licence (audEERING Research License) allows teaching, academic research and
other non-commercial use, and little commercial research; anything else needs a licence from audEERING. That is
why it is an extra, and why no shipped model uses it.

References
----------
F. Eyben et al. (2016), "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and affective
computing", IEEE Transactions on Affective Computing 7(2).
B. Schuller et al. (2016), "The INTERSPEECH 2016 computational paralinguistics challenge", Proc. Interspeech.
"""

from __future__ import annotations

import sys
import warnings
from functools import lru_cache, partial
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import MissingExtraError, UnknownNameError
from emotrace.features._feature_set import FeatureSet
from emotrace.features._signal import require_rate, require_signal

SAMPLING_RATE = 16_000
SETS = ("eGeMAPSv02", "ComParE_2016")
PARAMETER = "|".join(SETS)


def configure(parameter: str) -> FeatureSet:
    """Give openSMILE's feature set called ``parameter``.

    Raises
    ------
    UnknownNameError
        If it is none of `SETS`.
    MissingExtraError
        If opensmile is not installed.
    """
    by_lower_name = {name.lower(): name for name in SETS}
    if parameter.lower() not in by_lower_name:
        raise UnknownNameError("openSMILE feature set", parameter, SETS)
    name = by_lower_name[parameter.lower()]
    return FeatureSet(
        name=f"smile:{name}",
        names=tuple(_smile(name).feature_names),
        sampling_rate=SAMPLING_RATE,
        level="functionals",
        extract=partial(_extract, name),
        module=sys.modules[__name__],
        libraries=("opensmile", "audinterface"),
    )


def _extract(name: str, signal: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
    """Give the functionals of one signal, as the ``extract`` of any set of level ``functionals``."""
    require_rate(f"smile:{name}", sampling_rate, SAMPLING_RATE)
    require_signal(signal)
    with warnings.catch_warnings():
        # It warns of short signals; what it gives then are no numbers, and said below.
        warnings.simplefilter("ignore", UserWarning)
        values = np.asarray(_smile(name)(signal, sampling_rate), dtype=np.float32).reshape(-1)
    if not np.isfinite(values).all():
        raise ValueError(
            f"openSMILE finds nothing in it ({signal.size / sampling_rate:.3f} s; it needs about 0.1 s of sound)"
        )
    return values


@lru_cache(maxsize=len(SETS))
def _smile(name: str) -> Any:
    opensmile = _opensmile()
    return opensmile.Smile(
        feature_set=getattr(opensmile.FeatureSet, name),
        feature_level=opensmile.FeatureLevel.Functionals,
        sampling_rate=SAMPLING_RATE,
    )


def _opensmile() -> ModuleType:
    try:
        import opensmile
    except ImportError:
        raise MissingExtraError("openSMILE", "smile") from None
    found: ModuleType = opensmile
    return found
