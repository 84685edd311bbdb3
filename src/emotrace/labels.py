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

SEXES: tuple[str, ...] = ("female", "male")
"""How corpora label their speakers, and what a bundle of kind ``sex`` chooses between."""

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

PRESET_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "emov5": "emov-db5",
        "joint7-no-calm": "joint7",
        "ravdess4-call": "call4",
        "ravdess7-no-neutral": "ravdess7",
    }
)
"""Other names of label sets, and the name in `PRESETS` that each stands for."""

_SEX_AND_EMOTION = "ravdess16"

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
        "neutral": (0.0, 0.0),  # the middle of both scales, by definition
        "calm": (0.68, -0.46),  # "relaxed": the nearest of their terms, chosen by us
        "happiness": (0.81, 0.51),  # "happy"
        "sadness": (-0.63, -0.27),  # "sad"
        "anger": (-0.51, 0.59),  # "angry"
        "fear": (-0.64, 0.60),  # "fearful"
        "disgust": (-0.60, 0.35),  # "disgusted"
        "surprise": (0.40, 0.67),  # "surprised"
        "amusement": (0.77, 0.44),  # "enjoyment": the nearest of their terms, chosen by us
        "sleepiness": (0.20, -0.70),  # "sleepy"
        "boredom": (-0.65, -0.62),  # "bored"
    }
)
"""Where each emotion lies: valence (unpleasant -1 to pleasant 1) and arousal (drowsy -1 to excited 1).

These anchors are the mean ratings of pleasure and arousal that people gave to words for emotions in Russell and
Mehrabian (1977), "Evidence for a three-factor theory of emotions", Journal of Research in Personality 11(3),
273-294; that of *sleepy* is quoted from Mehrabian (1996), Australian Journal of Psychology 48(2), 86-92. They
rated no *calm* and no *amused*, for which the nearest of their words stand in, and neutral is the middle by
definition: these three are our own choice. How the numbers were checked stands in docs/valence-arousal.md. Anger
and fear lie close together; dominance, which is not among the two, would tell them apart.
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


def preset_name(name: str, *others: str) -> str:
    """Give the name in `PRESETS` of a label set that is called by that name or by another.

    ``others`` are what else is allowed where the name stands, for an error to suggest.

    Raises
    ------
    LabelError
        If there is no such set, or it is one of sex and emotion together, which only a recipe's target can be.

    >>> preset_name("ravdess4-call"), preset_name("ravdess8")
    ('call4', 'ravdess8')
    """
    found = PRESET_ALIASES.get(name, name)
    if found in PRESETS:
        return found
    if name == _SEX_AND_EMOTION:
        raise LabelError(
            f"'{name}' is sex and emotion together, which only a claim's recipe can have: labels = \"ravdess8\" "
            'with target = "sex and emotion" (see `emotrace recipes show R4`); for emotions alone give ravdess8'
        )
    raise LabelError(f"no label preset named '{name}'; {suggest(name, [*PRESETS, *PRESET_ALIASES, *others])}")


def preset_labels(preset: str, available: Sequence[str]) -> tuple[str, ...]:
    """Give the labels of ``preset`` (a name of `PRESETS` or an alias, ``all``, or emotions joined by commas).

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
    if "," in preset:
        wanted = tuple(dict.fromkeys(canonical(word) for word in preset.split(",") if word.strip()))
    else:
        try:
            wanted = PRESETS[preset_name(preset, "all")]
        except LabelError as error:
            raise LabelError(f"{error}; or give emotions joined by commas") from None
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
    Valence and arousal, each in [-1, 1]. A mean of anchors lies in their convex hull: valence is never below
    -0.65 or above 0.81, arousal never below -0.70 or above 0.67.

    Raises
    ------
    LabelError
        For a word that is no emotion.

    >>> valence_arousal({"neutral": 0.5, "happiness": 0.5})
    (0.405, 0.255)
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
