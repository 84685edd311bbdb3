"""The app's look: one quiet theme, light and dark, and the colours of the emotions."""

from __future__ import annotations

from importlib.resources import files

import gradio as gr

from emotrace.labels import COLOURS

_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif")
# A voice in four bars, in the colours of four emotions.
ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>"
    + "".join(
        f"<rect x='{x}' y='{8 - half}' width='2.6' height='{2 * half}' rx='1.3' fill='{COLOURS[emotion]}'/>"
        for x, half, emotion in ((1, 3, "sadness"), (4.8, 7, "anger"), (8.6, 5, "happiness"), (12.4, 2.5, "calm"))
    )
    + "</svg>"
)
_MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Give Gradio's plainest theme with the system's fonts (nothing is fetched) and the reports' colours."""
    chosen: gr.themes.Base = gr.themes.Base(
        primary_hue="blue",
        neutral_hue="stone",
        radius_size="md",
        font=_FONT,
        font_mono=_MONO,
    ).set(
        body_background_fill="#f5f4f0",
        body_background_fill_dark="#121417",
        body_text_color="#1c1e22",
        body_text_color_dark="#e9e8e4",
        body_text_color_subdued="#5b5f67",
        body_text_color_subdued_dark="#a4a9b1",
        block_background_fill="#ffffff",
        block_background_fill_dark="#1b1e23",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1b1e23",
        background_fill_secondary="#eeede8",
        background_fill_secondary_dark="#262a30",
        border_color_primary="#deddd7",
        border_color_primary_dark="#32363d",
        block_shadow="none",
        block_label_text_color="#5b5f67",
        block_label_text_color_dark="#a4a9b1",
        button_primary_background_fill="#2a4d8f",
        button_primary_background_fill_hover="#234178",
        button_primary_background_fill_dark="#9db9f5",
        button_primary_background_fill_hover_dark="#b7ccf8",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#121417",
        button_primary_border_color="transparent",
        button_secondary_background_fill="#eeede8",
        button_secondary_background_fill_hover="#e4e2db",
        button_secondary_background_fill_dark="#262a30",
        button_secondary_background_fill_hover_dark="#32363d",
        checkbox_label_background_fill="#eeede8",
        checkbox_label_background_fill_dark="#262a30",
        checkbox_label_background_fill_selected="#e7ecf6",
        checkbox_label_background_fill_selected_dark="#252f44",
        checkbox_label_text_color_selected_dark="#e9e8e4",
        checkbox_background_color_selected_dark="#9db9f5",
        slider_color="#2a4d8f",
        slider_color_dark="#9db9f5",
        link_text_color="#2a4d8f",
        link_text_color_dark="#9db9f5",
        color_accent="#2a4d8f",
    )
    return chosen


def stylesheet() -> str:
    """Give the emotions' colours as variables (``--anger``, ``--no-speech``) and every style of ``assets/``."""
    colours = "".join(f"--{emotion.replace(' ', '-')}: {colour}; " for emotion, colour in COLOURS.items())
    return "\n".join((f":root {{ {colours}}}", *_read(".css")))


def head() -> str:
    """Give what stands in the page's head: every script of ``assets/``, and nothing from elsewhere."""
    return "".join(f"<script>{script}</script>" for script in _read(".js"))


def _read(suffix: str) -> list[str]:
    """Give the texts of all assets that end so, by name, and what all tabs share (``app``) first."""
    found = [file for file in (files("emotrace.app") / "assets").iterdir() if file.name.endswith(suffix)]
    found.sort(key=lambda file: (file.name != f"app{suffix}", file.name))
    return [file.read_text("utf-8") for file in found]
