"""The drawing of a face before it moves."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from emotrace.app.views.face import EXPRESSIONS, draw_face
from emotrace.avatar.motion import Motion
from emotrace.labels import COLOURS, EMOTIONS


def test_every_emotion_has_an_expression_of_its_own():
    assert tuple(EXPRESSIONS) == EMOTIONS
    assert len(set(EXPRESSIONS.values())) == len(EMOTIONS)


@pytest.mark.parametrize(
    ("one", "other", "part"),
    [
        ("happiness", "sadness", "smile"),
        ("surprise", "sleepiness", "lid_upper"),
        ("sadness", "anger", "brow_inner"),
        ("surprise", "neutral", "mouth_open"),
        ("disgust", "neutral", "wrinkle"),
    ],
)
def test_faces_differ_where_faces_do(one, other, part):
    assert getattr(EXPRESSIONS[one], part) > getattr(EXPRESSIONS[other], part) + 0.5


def test_the_element_holds_all_its_script_needs():
    element = ElementTree.fromstring(draw_face())  # noqa: S314 - our own
    settings = json.loads(element.get("data-settings", ""))
    assert set(settings["expressions"]) == set(settings["plane"]) == set(EMOTIONS)
    assert settings["colours"]["anger"] == COLOURS["anger"]
    assert settings["motion"]["attack_seconds"] == Motion().attack_seconds
    drawing = element.find("svg")
    assert drawing is not None
    assert (drawing.get("role"), drawing.get("aria-label")) == ("img", "A face, neutral")
