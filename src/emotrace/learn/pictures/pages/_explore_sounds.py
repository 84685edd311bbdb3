"""How the corpus sounds: emotion by emotion, voice by voice, from all sides."""

from __future__ import annotations

from collections.abc import Mapping

from emotrace.learn.explore.examples import Example
from emotrace.learn.explore.groups import UNKNOWN
from emotrace.learn.pictures._explore_album import strip_name, strip_scale
from emotrace.learn.pictures.pages._explore_view import Analyses, ExploreView
from emotrace.learn.pictures.pages._parts import data_address, emotion, part, section, tabs
from emotrace.learn.pictures.pages._words import listed, sentence_case
from emotrace.markup import Html, element
from emotrace.plural import plural

Examples = Mapping[str, Mapping[str, Example]]

_ANATOMY = (
    "The same clips, seen as machines see them. Spectrogram: energy by frequency. Mel bands: the same on the "
    "ear's scale. MFCC: the shape of the mel spectrum in a few numbers (the first, loudness, left out). Chroma: "
    "which note is strongest, whatever the octave. Centroid and roll-off: how bright it is."
)


def draw_sounds(view: ExploreView) -> Html:
    """Give the section."""
    chosen = view.exploration.examples
    rows = {name: emotion(name, view.emotions) for name in chosen}
    sides = {
        name: element("div", view.plate(f"anatomy-{name}", f"{name}: waveform, spectra, MFCC, chroma, levels."))
        for name in chosen
    }
    classes = {name: f"e{n}" for n, name in enumerate(view.emotions)}
    return section(
        "sounds",
        "How does it sound?",
        part("Emotion by emotion", _gallery(view, "example", chosen, view.examples, rows), note=_who(chosen)),
        _intensities(view),
        part("One clip from all sides", tabs("anatomy", sides, classes), note=_ANATOMY),
        part(
            "Women and men",
            view.plate("pitch", "Pitch of women and men, by emotion; pace; range."),
            view.plate("spectra", "Average spectrum and cepstrum of women and men."),
            note=_sexes(view),
        ),
        lead="Press play. Numbers later.",
    )


def _gallery(
    view: ExploreView, prefix: str, chosen: Examples, analyses: Analyses, rows: Mapping[str, Html]
) -> Html:
    voices = list(dict.fromkeys(voice for by_voice in chosen.values() for voice in by_voice))
    longest = strip_scale(analyses)
    cells: list[Html] = [element("div", class_="corner")]
    cells += [element("div", _voice_title(voice, chosen), class_="head") for voice in voices]
    for group, by_voice in chosen.items():
        cells.append(element("div", rows[group], class_="row"))
        for voice in voices:
            share = analyses[group][voice].seconds / longest if voice in by_voice else 0.0
            name = strip_name(prefix, group, voice)
            cells.append(_strip(view, by_voice.get(voice), name, f"{group}, {voice}", share))
    return element("div", *cells, class_=f"gallery {'two' if len(voices) > 1 else 'one'}")


def _strip(view: ExploreView, example: Example | None, name: str, words: str, share: float) -> Html:
    if example is None:
        return element("div")
    address = data_address(view.pictures[name], "image/png")
    return element(
        "div",
        element("img", src=address, alt=f"{words}: waveform and mel spectrogram"),
        element("span", class_="cursor"),
        view.play(example.utterance.file, example.utterance.segment, words),
        class_="strip",
        data_share=round(share, 4),
    )


def _intensities(view: ExploreView) -> Html | None:
    if view.exploration.intensities is None:
        return None
    what, chosen = view.exploration.intensities
    rows = {intensity: element("span", intensity) for intensity in chosen}
    who = plural(len({voice for by_voice in chosen.values() for voice in by_voice}), "person", "people")
    return part(
        f"The same emotion, {listed(list(chosen))}",
        _gallery(view, "intensity", chosen, view.intensities, rows),
        note=f"{sentence_case(what)} by the same {who}. Here waveforms share one scale too.",
    )


def _who(chosen: Examples) -> str:
    texts = {example.utterance.text for by_voice in chosen.values() for example in by_voice.values()}
    who = "All say" if sum(map(len, chosen.values())) > 1 else "It says"
    said = f" {who}: “{next(iter(texts))}.”" if len(texts) == 1 and None not in texts else ""
    return (
        "Waveform above, mel spectrogram below. Every waveform fills its height; the colours of all "
        f"spectrograms are the same, so that what looks pale is quiet.{said}"
    )


def _sexes(view: ExploreView) -> str:
    pitch = view.facts["voices"]["pitch"]["by_sex"]
    if "female" not in pitch or "male" not in pitch:
        return (
            "There are not both women and men among the clips whose pitch is known: there is nothing to compare."
        )
    women, men = pitch["female"]["median"], pitch["male"]["median"]
    return (
        f"The usual clip of a woman has a median pitch of {women:.0f} Hz, of a man {men:.0f} Hz. What moves with "
        "emotion moves around these: a model that does not know the sex must tell a low woman from a high man "
        "first."
    )


def _voice_title(voice: str, chosen: Examples) -> str:
    speaker = next(by_voice[voice].utterance.speaker for by_voice in chosen.values() if voice in by_voice)
    return f"{sentence_case(voice)}: {speaker}" if voice in ("female", "male", UNKNOWN) else speaker
