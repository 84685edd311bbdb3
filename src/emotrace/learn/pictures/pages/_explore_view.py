"""What the sections of the corpus report draw from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotrace.learn.explore import Exploration
from emotrace.learn.explore.examples import Analysis
from emotrace.learn.pictures._sound import Sound
from emotrace.learn.pictures.pages._parts import Sounds, plate
from emotrace.markup import Html

Analyses = Mapping[str, Mapping[str, Analysis]]


class ExploreView:
    """An exploration with its pictures and sounds.

    Parameters
    ----------
    exploration
        The numbers.
    pictures
        PNGs by name; see `explore_album`.
    encoded
        Sounds by file and segment, or by what a tone is.
    examples, intensities
        The clips that are shown, analysed, by emotion or intensity, and voice.
    """

    def __init__(
        self,
        exploration: Exploration,
        pictures: Mapping[str, bytes],
        encoded: Mapping[str, Sound],
        examples: Analyses,
        intensities: Analyses,
    ) -> None:
        self.exploration = exploration
        self.facts: Mapping[str, Any] = exploration.facts
        self.pictures = pictures
        self.encoded = encoded
        self.examples = examples
        self.intensities = intensities
        self.sounds = Sounds()
        self.emotions = list(self.facts["counts"]["emotion"])

    def plate(self, name: str, description: str) -> Html | None:
        """Give a picture, None where there is none of that name."""
        return plate(self.pictures[name], description) if name in self.pictures else None

    def play(self, file: str, segment: object, words: str) -> Html | None:
        """Give a button that plays a clip, None where it could not be read."""
        key = f"{file} {segment}"
        return self.sounds.button(key, self.encoded[key], words) if key in self.encoded else None

    def play_tone(self, key: str, words: str) -> Html:
        """Give a button that plays a tone, and says so."""
        return self.sounds.button(key, self.encoded[key], words, label=key.replace(" to ", " → "))
