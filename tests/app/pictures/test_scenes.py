"""The built-in pictures: two of each of four emotions, safe to show anywhere, told in words too."""

from __future__ import annotations

import base64
import itertools
import re
from collections import Counter
from xml.etree import ElementTree

import pytest

from emotrace.app.pictures.scenes import read_scenes

SCENES = read_scenes()


def drawing(scene) -> str:
    kind, _, data = scene.url.partition(",")
    assert kind == "data:image/svg+xml;base64"
    return base64.b64decode(data).decode()


def test_two_of_each_of_four_emotions_and_none_follows_itself():
    expected = [scene.expected for scene in SCENES]
    assert Counter(expected) == {"anger": 2, "disgust": 2, "happiness": 2, "sadness": 2}
    assert all(one != other for one, other in itertools.pairwise(expected))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.title)
def test_scene_is_told_in_words_and_asks_nobody(scene):
    root = ElementTree.fromstring(drawing(scene))  # noqa: S314 - our own
    assert root.attrib["viewBox"] == "0 0 600 600"
    assert 8 < len(scene.title) < 70
    assert 40 < len(scene.description) < 200
    assert not re.search(r"<script|<image|href|url\(\s*['\"]?http|\son\w+=", drawing(scene))


def test_identifiers_are_used_within_their_drawing():
    for scene in SCENES:
        text = drawing(scene)
        for used in re.findall(r"url\(#(\w+)\)", text):
            assert f'id="{used}"' in text
