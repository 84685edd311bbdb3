"""The emotion vocabulary, the label presets, and the only mappings between corpora's labels.

Emotions are lower-case nouns: the "big six" of W3C EmotionML 1.0 (anger, disgust, fear, happiness,
sadness, surprise) and what the corpora add. A corpus keeps its own word as ``source_label`` of an
utterance; `canonical` is the single place where such words become emotions. *calm* (RAVDESS) and
*neutral* are kept apart; TESS's *pleasant surprise* is merged into *surprise*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from emotrace.errors import LabelError, suggest

EMOTIONS: tuple[str, ...] = (
    "neutral",
    "calm",
    "happiness",
    "sadness",
    "anger",
    "fear",
    "disgust",
    "surprise",
    "amusement",
    "sleepiness",
    "boredom",
)

NO_SPEECH = "no speech"
"""What is said of a stretch in which nobody speaks. Not an emotion."""

PRESETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "big6": ("happiness", "sadness", "anger", "fear", "disgust", "surprise"),
        "big6+neutral": ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise"),
        "call4": ("calm", "happiness", "sadness", "anger"),
        "shared4": ("neutral", "happiness", "sadness", "anger"),
        "crema-d6": ("neutral", "happiness", "sadness", "anger", "fear", "disgust"),
        "emo-db7": ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "boredom"),
        "emov-db5": ("neutral", "anger", "disgust", "amusement", "sleepiness"),
        "joint7": ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise"),
        "ravdess4": ("happiness", "sadness", "anger", "disgust"),
        "ravdess7": ("calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise"),
        "ravdess8": ("neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise"),
        "ravdess-song6": ("neutral", "calm", "happiness", "sadness", "anger", "fear"),
        "savee7": ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise"),
        "tess7": ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise"),
    }
)
"""Named label sets a prediction can be restricted to; ``all`` (a bundle's own labels) is understood too."""

COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "neutral": "#8c8c8c",
        "calm": "#44aa99",
        "happiness": "#ddaa33",
        "sadness": "#4477aa",
        "anger": "#cc3311",
        "fear": "#aa4499",
        "disgust": "#117733",
        "surprise": "#ee7733",
        "amusement": "#eecc66",
        "sleepiness": "#332288",
        "boredom": "#997744",
        NO_SPEECH: "#bbbbbb",
    }
)
"""One colour per emotion, the same in the terminal, plots and pages; told apart with colour-blind eyes."""

VALENCE_AROUSAL: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "neutral": (0.0, 0.0),
        "calm": (0.71, -0.71),  # 315 degrees, Russell's relaxation
        "happiness": (0.91, 0.42),  # 25, between pleasure (0) and excitement (45)
        "sadness": (-0.91, -0.42),  # 205, between displeasure (180) and depression (225)
        "anger": (-0.5, 0.87),  # 120, between arousal (90) and distress (135)
        "fear": (-0.64, 0.77),  # 130, beside anger and nearer to distress
        "disgust": (-0.94, 0.34),  # 160, between distress (135) and displeasure (180)
        "surprise": (0.34, 0.94),  # 70, between excitement (45) and arousal (90)
        "amusement": (0.82, 0.57),  # 35, between pleasure and excitement, livelier than happiness
        "sleepiness": (0.0, -1.0),  # 270, Russell's sleepiness
        "boredom": (-0.5, -0.87),  # 240, between depression (225) and sleepiness (270)
    }
)
"""Where each emotion lies on the circle of valence (unpleasant -1 to pleasant 1) and arousal (sleepy -1 to 1).

The circle and the places of pleasure (0 degrees), excitement (45), arousal (90), distress (135), displeasure
(180), depression (225), sleepiness (270) and relaxation (315) are those of Russell (1980), "A circumplex model of
affect", Journal of Personality and Social Psychology 39(6), 1161-1178. The placement of these emotions among them
is our own, after him and not measured; neutral is the centre. Anger and fear lie close together, as on any plane
without dominance.
"""

_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "neu": "neutral",
        "happy": "happiness",
        "hap": "happiness",
        "joy": "happiness",
        "sad": "sadness",
        "angry": "anger",
        "ang": "anger",
        "fearful": "fear",
        "fea": "fear",
        "afraid": "fear",
        "disgusted": "disgust",
        "dis": "disgust",
        "surprised": "surprise",
        "ps": "surprise",
        "pleasant_surprise": "surprise",
        "pleasant_surprised": "surprise",
        "amused": "amusement",
        "sleepy": "sleepiness",
        "bored": "boredom",
    }
)


def canonical(word: str) -> str:
    """Give the emotion that a corpus's or a user's word stands for.

    Raises `LabelError` for a word that is neither an emotion nor a known alias of one.

    >>> canonical("Angry"), canonical("pleasant surprise"), canonical("calm")
    ('anger', 'surprise', 'calm')
    """
    key = word.strip().lower().replace(" ", "_").replace("-", "_")
    emotion = _ALIASES.get(key, key)
    if emotion not in EMOTIONS:
        raise LabelError(f"unknown emotion '{word}'; {suggest(key, EMOTIONS)}")
    return emotion


def preset_labels(preset: str, available: Sequence[str]) -> tuple[str, ...]:
    """Give the labels of ``preset`` (a name of `PRESETS`, ``all``, or emotions joined by commas).

    Parameters
    ----------
    preset
        For instance ``"big6+neutral"`` or ``"anger,neutral"``.
    available
        The labels that the bundle in use can give.

    Raises
    ------
    LabelError
        If there is no such preset, or it asks for a label that is not available.

    >>> preset_labels("call4", EMOTIONS)
    ('calm', 'happiness', 'sadness', 'anger')
    """
    if preset == "all":
        return tuple(available)
    if preset in PRESETS:
        wanted = PRESETS[preset]
    elif "," in preset:
        wanted = tuple(dict.fromkeys(canonical(word) for word in preset.split(",") if word.strip()))
    else:
        raise LabelError(
            f"no label preset named '{preset}'; {suggest(preset, [*PRESETS, 'all'])}; "
            "or give emotions joined by commas"
        )
    missing = [label for label in wanted if label not in available]
    if missing:
        raise LabelError(
            f"label preset '{preset}' needs {', '.join(missing)}, which this model does not give; "
            f"it gives {', '.join(available)}"
        )
    if len(wanted) < 2:
        raise LabelError(f"label preset '{preset}' names one emotion; at least two are needed to choose between")
    return wanted


def restrict(probabilities: Mapping[str, float], labels: Sequence[str]) -> dict[str, float]:
    """Keep only ``labels`` and scale their probabilities so that they sum to 1.

    >>> restrict({"anger": 0.2, "fear": 0.6, "calm": 0.2}, ["anger", "calm"])
    {'anger': 0.5, 'calm': 0.5}
    """
    total = sum(probabilities[label] for label in labels)
    if total <= 0.0:
        return {label: 1.0 / len(labels) for label in labels}
    return {label: probabilities[label] / total for label in labels}


def valence_arousal(probabilities: Mapping[str, float]) -> tuple[float, float]:
    """Give the valence and arousal expected under ``probabilities``: the mean of the emotions' `VALENCE_AROUSAL`.

    Both are derived from the emotions' probabilities and not measured in the voice: a model that was taught
    emotions says no more by them than by its labels.

    Parameters
    ----------
    probabilities
        By emotion, summing to 1 or less; what is missing to 1, or all where nobody speaks, counts as neutral.

    Returns
    -------
    Valence and arousal, each in [-1, 1].

    Raises
    ------
    LabelError
        For a word that is no emotion.

    >>> valence_arousal({"neutral": 0.5, "sleepiness": 0.5})
    (0.0, -0.5)
    >>> valence_arousal({})
    (0.0, 0.0)
    """
    valence = arousal = 0.0
    for label, probability in probabilities.items():
        if label not in VALENCE_AROUSAL:
            raise LabelError(f"unknown emotion '{label}'; {suggest(label, EMOTIONS)}")
        valence += probability * VALENCE_AROUSAL[label][0]
        arousal += probability * VALENCE_AROUSAL[label][1]
    return min(max(valence, -1.0), 1.0), min(max(arousal, -1.0), 1.0)
