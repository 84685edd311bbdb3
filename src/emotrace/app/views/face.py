"""How a face looks under each emotion, and the empty drawing that ``assets/face.js`` fills and moves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from html import escape
from types import MappingProxyType

from emotrace.avatar.motion import Motion
from emotrace.labels import COLOURS, EMOTIONS, VALENCE_AROUSAL


@dataclass(frozen=True, slots=True)
class Expression:
    """The position of everything in a face that moves; the defaults are a face at rest.

    Attributes
    ----------
    brow_inner, brow_outer
        How far the ends of the brows are raised, -1 to 1.
    brow_squeeze
        How far the brows are drawn together, 0 to 1.
    lid_upper
        How far the eyes are open, 0 to 1.6; 1 is wide awake.
    lid_lower
        How far the lower lids are raised, 0 to 1.
    lid_slant
        How far the upper lids fall towards the nose (above 0) or away from it (below), -1 to 1.
    gaze
        How far the eyes look down, -1 to 1.
    smile
        How far the corners of the mouth are drawn up, -1 to 1.
    mouth_open, mouth_width
        From 0, closed; and 1 as usual.
    mouth_skew
        How much more one corner of the mouth moves than the other, 0 to 1.
    wrinkle
        How far the nose is wrinkled, 0 to 1.
    cheeks
        How far the cheeks are raised and flushed, 0 to 1.
    tilt
        Of the head, in degrees.
    drop
        How far the head hangs, 0 to 1.
    """

    brow_inner: float = 0.0
    brow_outer: float = 0.0
    brow_squeeze: float = 0.0
    lid_upper: float = 0.88
    lid_lower: float = 0.0
    lid_slant: float = 0.0
    gaze: float = 0.0
    smile: float = 0.1
    mouth_open: float = 0.0
    mouth_width: float = 0.9
    mouth_skew: float = 0.0
    wrinkle: float = 0.0
    cheeks: float = 0.1
    tilt: float = 0.0
    drop: float = 0.0


EXPRESSIONS: Mapping[str, Expression] = MappingProxyType(
    {
        "neutral": Expression(),
        "calm": Expression(0.1, 0.05, lid_upper=0.6, lid_lower=0.2, smile=0.4, cheeks=0.3),
        "happiness": Expression(
            0.3, 0.35, lid_upper=0.85, lid_lower=0.6, smile=1.0, mouth_open=0.45, mouth_width=1.2, cheeks=0.9
        ),
        "sadness": Expression(
            0.8, -0.45, 0.3, 0.62, 0.1, -0.8, 0.5, smile=-0.8, mouth_width=0.8, cheeks=0.0, tilt=-4, drop=0.8
        ),
        "anger": Expression(
            -0.95, 0.3, 0.9, 0.72, 0.4, 0.95, smile=-0.7, mouth_open=0.18, mouth_width=0.95, wrinkle=0.5, drop=0.3
        ),
        "fear": Expression(
            0.85, 0.4, 0.4, 1.4, 0.0, -0.35, -0.1, smile=-0.5, mouth_open=0.4, mouth_width=1.0, cheeks=0.0, tilt=3
        ),
        "disgust": Expression(
            -0.45, -0.05, 0.6, 0.5, 0.65, 0.3, smile=-0.55, mouth_width=0.85, mouth_skew=0.8, wrinkle=1.0, tilt=5
        ),
        "surprise": Expression(0.95, 0.95, lid_upper=1.5, smile=0.0, mouth_open=1.0, mouth_width=0.55),
        "amusement": Expression(
            0.45,
            0.2,
            0.0,
            0.7,
            0.75,
            smile=0.95,
            mouth_open=0.7,
            mouth_width=1.15,
            mouth_skew=0.25,
            cheeks=1,
            tilt=-5,
        ),
        "sleepiness": Expression(
            0.15, -0.2, lid_upper=0.28, smile=0.0, mouth_width=0.8, tilt=-6, drop=1.0, gaze=0.4
        ),
        "boredom": Expression(
            -0.1, -0.15, lid_upper=0.42, smile=-0.25, mouth_width=0.85, mouth_skew=0.4, tilt=7, drop=0.5, gaze=0.2
        ),
    }
)
"""By emotion. Drawn after what faces do in general, and not measured at any."""

_EYE = """\
<path class="eye"/>
<g class="iris"><circle r="14.5"/><circle class="pupil" r="7"/><circle class="glint" r="3.6"/></g>
<path class="lid"/><path class="under"/><path class="brow"/>"""

_PARTS = f"""\
<circle class="halo" cx="160" cy="164" r="140"/>
<g class="head">
<rect class="skin" x="44" y="42" width="232" height="244" rx="112"/>
<ellipse class="cheek" cx="96" cy="206" rx="25" ry="17"/>
<ellipse class="cheek" cx="224" cy="206" rx="25" ry="17"/>
{_EYE}
{_EYE}
<path class="wrinkle" d="M148 152 l-5 10"/><path class="wrinkle" d="M172 152 l5 10"/>
<path class="nose"/>
<path class="mouth"/><path class="teeth"/><path class="lips"/>
</g>"""


def draw_face() -> str:
    """Give the element of a face, at rest until its script is told ``face.show({emotion: weight})``.

    Its attributes hold all that the script needs: the expressions, colours, places on the plane of valence and
    arousal, and how fast it moves, which is how fast `emotrace.avatar` moves.
    """
    motion = Motion()
    settings = {
        "expressions": {emotion: asdict(EXPRESSIONS[emotion]) for emotion in EMOTIONS},
        "colours": {emotion: COLOURS[emotion] for emotion in EMOTIONS},
        "plane": {emotion: VALENCE_AROUSAL[emotion] for emotion in EMOTIONS},
        "motion": {f.name: getattr(motion, f.name) for f in fields(motion) if f.name != "strengths"},
    }
    return (
        f'<emotrace-face data-settings="{escape(json.dumps(settings))}">'
        f'<svg viewBox="0 0 320 328" role="img" aria-label="A face, neutral">{_PARTS}</svg></emotrace-face>'
    )
