"""Augmentations: one file per change of a voice, a room or a line, and the plans that apply them.

A module of this folder is an augmentation and exports a frozen dataclass named after it (``time_stretch.py``:
``TimeStretch``), ``PRESETS`` (instances by name; ``default`` is the dataclass without arguments, the others are
published settings or situations), ``LEVEL`` and ``KEEPS_LENGTH``. Where ``LEVEL`` is ``signal`` its instances are
called with ``(signal, sampling_rate, rng)``, where it is ``spectrogram`` with ``(spectrogram, rng)``.

Presets and plans named ``avatar``, ``capstone`` and ``quality-assurance`` are those of three published projects,
to the letter; ``quality-assurance-demo`` is what the last one only listened to.
"""

from emotrace.learn.augment._augmentation import SignalAugmentation
from emotrace.learn.augment._chain import Augmentation, Chain, find_augmentation, make_chain
from emotrace.learn.augment._plan import PLANS, Divided, Plan, Row, find_plan

__all__ = [
    "PLANS",
    "Augmentation",
    "Chain",
    "Divided",
    "Plan",
    "Row",
    "SignalAugmentation",
    "find_augmentation",
    "find_plan",
    "make_chain",
]
