"""Women and men side by side: two clips of one emotion, and what a sample of all clips shows."""

from __future__ import annotations

from collections.abc import Mapping

from emotrace.app.exploring.look import Look
from emotrace.app.exploring.voices import Voices
from emotrace.app.views.clip_look import draw_head, draw_look, name_clip
from emotrace.app.views.parts import draw_figures, draw_plate
from emotrace.markup import Html, element
from emotrace.types import Utterance

EMPTY = element(
    "div", "A woman and a man, and what sets their voices apart, will stand here.", class_="empty tall"
)


def draw_pair(pair: Mapping[str, tuple[Utterance, Look]]) -> Html:
    """Draw a woman's clip and a man's."""
    looks = [draw_look(look, draw_head(clip, said=sex), name_clip(clip)) for sex, (clip, look) in pair.items()]
    return element("div", element("div", looks, class_="pair"), class_="explore")


def draw_measuring(n_done: int, n_all: int) -> Html:
    """Say how far it is."""
    bar = element("progress", value=str(n_done), max=str(max(n_all, 1)), aria_label="Clips measured")
    words = f"{n_done} of {n_all} clips measured" if n_done < n_all else "Drawing"
    return element("div", bar, element("span", words, role="status"), class_="explore measuring")


def draw_voices(voices: Voices) -> Html:
    """Draw what was found."""
    unusable = f"; {voices.n_unusable} could not be read" if voices.n_unusable else ""
    words = f"Of {voices.n_clips} clips, spread over speakers and emotions{unusable}."
    figures = [(f"{hz:.0f} Hz", f"median pitch, {sex}") for sex, hz in voices.pitch_hz.items()]
    said = ", ".join(f"{what} {n}" for n, what in figures)
    return element(
        "div",
        element("p", words, class_="soft"),
        draw_figures(figures),
        draw_plate(
            voices.pitch_picture,
            f"Pitch of women and men, by emotion, pace, and how far pitch moves; {said}",
        ),
        draw_plate(
            voices.spectrum_picture,
            "Average spectrum and average MFCC of women and men, with the middle half of clips",
        ),
        class_="explore",
    )
