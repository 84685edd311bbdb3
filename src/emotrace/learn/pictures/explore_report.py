"""Write an exploration: ``explore.html``, ``facts.json`` and the pictures, all of them or nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emotrace.errors import AudioError, MissingExtraError
from emotrace.learn._folder import replacing_contents
from emotrace.learn.explore import Exploration
from emotrace.learn.explore.examples import Analysis, Example, analyse, load_example
from emotrace.learn.explore.explore import Stage
from emotrace.learn.explore.mel_lesson import make_step, make_tone
from emotrace.learn.pictures._album import draw_album
from emotrace.learn.pictures._explore_album import explore_album
from emotrace.learn.pictures._sound import Sound, encode_sound, load_sound
from emotrace.learn.pictures.pages._explore_view import ExploreView
from emotrace.learn.pictures.pages.explore import write_explore_page

PAGE, FACTS, PICTURES = "explore.html", "facts.json", "pictures"
_DIGITS = 6


def write_explore_report(
    exploration: Exploration, title: str, folder: Path, stage: Stage, also_svg: bool = False
) -> Path:
    """Draw and write everything.

    Parameters
    ----------
    exploration
        What was found.
    title
        Of the page, for instance the manifest's name.
    folder
        Where to; made if it is not there. Other files in it are left alone.
    stage
        Tells of progress.
    also_svg
        Whether every picture is written as SVG too.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    EmotraceError
        If it cannot be written.
    MissingExtraError
        Without matplotlib.
    """
    examples = _analyse(exploration.examples)
    intensities = _analyse(exploration.intensities[1]) if exploration.intensities else {}
    album = explore_album(exploration, examples, intensities)
    with replacing_contents(folder) as made:
        pictures = draw_album(album, made / PICTURES, stage, also_svg)
        (made / FACTS).write_text(to_json({"title": title, **exploration.facts}), encoding="utf-8")
        with (made / PAGE).open("w", encoding="ascii", newline="\n") as stream:
            view = ExploreView(exploration, pictures, _sounds(exploration), examples, intensities)
            write_explore_page(stream, title, view)
    return folder / PAGE


def to_json(facts: Mapping[str, Any]) -> str:
    """Write numbers with six digits, and none that JSON does not know."""
    return json.dumps(_tidy(facts), indent=1, allow_nan=False) + "\n"


def _tidy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tidy(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_tidy(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    return value


def _analyse(examples: Mapping[str, Mapping[str, Example]]) -> dict[str, dict[str, Analysis]]:
    return {
        group: {voice: analyse(load_example(example)) for voice, example in by_voice.items()}
        for group, by_voice in examples.items()
    }


def _sounds(exploration: Exploration) -> dict[str, Sound]:
    """Encode what the page plays: examples, outliers, tones; by file, or by what the tones are."""
    groups = [exploration.examples, exploration.intensities[1] if exploration.intensities else {}]
    shown = [example.utterance for group in groups for by_voice in group.values() for example in by_voice.values()]
    table = exploration.stats70
    shown += [table.utterances[clip["row"]] for clip in exploration.facts["outliers"]["clips"]]
    sounds: dict[str, Sound] = {}
    for utterance in shown:
        try:
            sounds[f"{utterance.file} {utterance.segment}"] = load_sound(utterance.file, utterance.segment)
        except (AudioError, MissingExtraError):
            # It was read a minute ago; the page has no button for it then.
            continue
    lesson = exploration.facts["mel_lesson"]
    for tone in lesson["tones"]:
        sounds[f"{tone['hz']} Hz"] = encode_sound(make_tone(tone["hz"]))
    for step in lesson["steps"]:
        low, high = step["from_hz"], step["to_hz"]
        sounds[f"{low} to {high} Hz"] = encode_sound(make_step(low, high))
    return sounds
