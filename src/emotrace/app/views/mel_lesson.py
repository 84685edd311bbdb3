"""The lesson of the mel scale: equal steps in hertz that do not sound equal, to be heard and seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotrace.app.views.parts import data_uri, draw_audio, draw_table
from emotrace.learn.explore.mel_lesson import hz_to_mel, make_step, make_tone, mel_lesson, mel_to_hz
from emotrace.learn.pictures._sound import Sound, encode_sound
from emotrace.markup import Child, Html, element

_WIDTH, _HEIGHT = 560.0, 300.0
_TOP_HZ, _TOP_MEL = 4_000.0, 2_200.0
_KINDS = ("low", "high")


def draw_lesson() -> Html:
    """Draw the whole lesson; its sounds are within the page."""
    lesson = mel_lesson()
    low, high = lesson["steps"]
    twin = _same_step(high["from_hz"], low["mel"])
    tones = [_tone(tone) for tone in lesson["tones"]]
    return element(
        "div",
        element("h2", "Equal steps that do not sound equal"),
        element(
            "p",
            f"Listen to both steps. Each is of {low['hz']} Hz, and yet the lower one sounds nearly twice as wide: "
            "the ear hears ratios more than differences. The mel scale is frequency as it is heard, and that is "
            "why nearly all features of speech are measured on it.",
            class_="lead",
        ),
        element("div", _step(low, "low"), _step(high, "high"), class_="steps"),
        element("div", [_curve(lesson), _facts(lesson, twin)], class_="pair"),
        element("h3", "The four tones"),
        element("div", tones, class_="tones"),
        class_="explore lesson",
    )


def _step(step: Mapping[str, Any], kind: str) -> Html:
    low, high = step["from_hz"], step["to_hz"]
    words = f"from {low} to {high} Hz"
    bar = element("i", style=f"width: {100 * step['mel'] / 120:.0f}%")
    return element(
        "div",
        element("h3", f"{low} → {high} Hz"),
        draw_audio(encode_sound(make_step(low, high)), f"Play the step {words}"),
        element("p", element("b", f"{step['hz']} Hz"), " more, ", element("b", f"{step['mel']:.0f} mel"), " more"),
        element("span", bar, class_="width", role="img", aria_label=f"{step['mel']:.0f} mel wide"),
        class_=f"step {kind}",
    )


def _facts(lesson: Mapping[str, Any], twin_hz: float) -> Html:
    low, high = lesson["steps"]
    start = high["from_hz"]
    sound = encode_sound(make_step(start, round(twin_hz)))
    rows = [[f"{tone['hz']} Hz", f"{tone['mel']:.0f}"] for tone in lesson["tones"]]
    formula = element("code", "m = 2595 · log", element("sub", "10"), "(1 + f / 700)")
    return element(
        "div",
        element("p", formula, class_="formula"),
        element(
            "p", "m in mel, f in hertz; 1,000 Hz are 1,000 mel. O’Shaughnessy’s formula (1987).", class_="soft"
        ),
        draw_table(["tone", "mel"], rows, "The tones in mel"),
        element(
            "p",
            f"To sound as wide as {low['from_hz']} → {low['to_hz']} Hz, the upper step must go from {start} to "
            f"{twin_hz:.0f} Hz, {twin_hz - start:.0f} Hz up:",
        ),
        draw_audio(sound, f"Play the step from {start} to {twin_hz:.0f} Hz"),
    )


def _tone(tone: Mapping[str, Any]) -> Html:
    hz = tone["hz"]
    sound = encode_sound(make_tone(hz))
    return element(
        "button",
        element("span", "▶", aria_hidden="true"),
        f" {hz} Hz",
        element("small", f"{tone['mel']:.0f} mel"),
        type="button",
        class_="tone",
        aria_label=f"Play {hz} Hz, {tone['mel']:.0f} mel",
        data_sound=_address(sound),
    )


def _address(sound: Sound) -> str:
    return data_uri(sound.data, sound.media_type)


def _curve(lesson: Mapping[str, Any]) -> Html:
    curve = [
        (hz, mel) for hz, mel in zip(lesson["curve"]["hz"], lesson["curve"]["mel"], strict=True) if hz <= _TOP_HZ
    ]
    line = " L".join(f"{_x(hz):.1f} {_y(mel):.1f}" for hz, mel in curve)
    parts: list[Child] = [_grid()]
    for step, kind in zip(lesson["steps"], _KINDS, strict=True):
        parts.append(_corner(step["from_hz"], step["to_hz"], kind))
    parts.append(element("path", d=f"M{line}", class_="curve"))
    for step, kind in zip(lesson["steps"], _KINDS, strict=True):
        low, high = float(hz_to_mel(step["from_hz"])), float(hz_to_mel(step["to_hz"]))
        place = {"x": f"{_x(step['to_hz']) + 12:.1f}", "y": f"{_y(high) + 14:.1f}"}
        parts.append(element("text", f"{step['hz']} Hz = {high - low:.0f} mel", class_=f"said {kind}", **place))
    words = (
        "Mel over hertz: a curve that is steep below 1,000 Hz and ever flatter above; the steps from 300 to 400 "
    )
    words += "and from 900 to 1,000 Hz are marked."
    view = f"-70 -10 {_WIDTH + 106:.0f} {_HEIGHT + 42:.0f}"
    return element("svg", parts, viewBox=view, class_="curve-of-mel", role="img", aria_label=words)


def _corner(low_hz: float, high_hz: float, kind: str) -> Html:
    """Draw what a step covers on both axes."""
    low, high = float(hz_to_mel(low_hz)), float(hz_to_mel(high_hz))
    path = (
        f"M{_x(0):.1f} {_y(low):.1f} L{_x(low_hz):.1f} {_y(low):.1f} L{_x(low_hz):.1f} {_y(0):.1f} "
        f"L{_x(high_hz):.1f} {_y(0):.1f} L{_x(high_hz):.1f} {_y(high):.1f} L{_x(0):.1f} {_y(high):.1f}Z"
    )
    return element("path", d=path, class_=f"covered {kind}")


def _grid() -> list[Child]:
    lines: list[Child] = []
    for hz in range(0, 4_001, 1_000):
        lines.append(
            element("text", f"{hz:,}" + (" Hz" if hz == _TOP_HZ else ""), x=f"{_x(hz):.1f}", y="322", class_="x")
        )
    for mel in range(500, 2_001, 500):
        lines.append(element("line", x1="0", x2=f"{_WIDTH:.0f}", y1=f"{_y(mel):.1f}", y2=f"{_y(mel):.1f}"))
        words = f"{mel:,}" + (" mel" if mel == 2_000 else "")
        lines.append(element("text", words, x="-6", y=f"{_y(mel) + 4:.1f}", class_="y"))
    lines.append(element("line", x1="0", x2=f"{_WIDTH:.0f}", y1=f"{_HEIGHT:.0f}", y2=f"{_HEIGHT:.0f}"))
    return lines


def _same_step(from_hz: float, mel: float) -> float:
    """Give the frequency that lies ``mel`` above ``from_hz``."""
    return float(mel_to_hz(float(hz_to_mel(from_hz)) + mel))


def _x(hz: float) -> float:
    return _WIDTH * hz / _TOP_HZ


def _y(mel: float) -> float:
    return _HEIGHT * (1.0 - mel / _TOP_MEL)
