"""Where a recording is given: dropped or chosen, spoken into the microphone, or one of the examples."""

from __future__ import annotations

from collections.abc import Mapping

from emotrace.markup import Html, element

_DROP = "M12 16V5M7 10l5-5 5 5M5 16v3h14v-3"
_MICROPHONE = "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6"


def draw_source(max_bytes: int, max_seconds: float, examples: Mapping[str, tuple[str, str]]) -> str:
    """Draw the place where a recording is given.

    Parameters
    ----------
    max_bytes, max_seconds
        The largest file, and the longest recording.
    examples
        Title and description of each example, by its name.
    """
    mebibytes = max_bytes // 1024**2
    chosen = element("input", type="file", class_="unseen", aria_label="Choose a recording")
    about = f"wav, flac, ogg, mp3, m4a ...; up to {mebibytes} MB and {max_seconds / 60:.0f} minutes"
    drop = element(
        "label",
        chosen,
        _icon(_DROP),
        element("span", element("b", "Drop a recording here"), " or choose one"),
        element("small", about),
        class_="drop",
    )
    record = element(
        "div",
        element(
            "button",
            _icon(_MICROPHONE),
            element("span", "Record", class_="word"),
            type="button",
            class_="record",
            aria_pressed="false",
        ),
        element("span", element("i"), class_="level", aria_hidden="true"),
        element(
            "small",
            "Speak into the microphone. It is deleted an hour after its last use.",
            class_="recorded",
            role="status",
        ),
        class_="microphone",
    )
    tries = [
        element("button", title, type="button", data_example=name, title=what, class_="example")
        for name, (title, what) in examples.items()
    ]
    examples_line = element("p", element("span", "Or try:"), tries, class_="examples")
    complaint = element("p", class_="complaint", role="alert")
    return element(
        "emotrace-source",
        element("div", drop, record, class_="ways"),
        examples_line,
        complaint,
        data_max_bytes=max_bytes,
    )


def _icon(path: str) -> Html:
    return element("svg", element("path", d=path), viewBox="0 0 24 24", aria_hidden="true")
