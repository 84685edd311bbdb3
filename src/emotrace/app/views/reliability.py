"""Whether a model is as often right as it says, as a diagram."""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.learn.evaluation.reliability import ReliabilityBin
from emotrace.markup import Child, Html, element

_SIZE = 300.0
_FIRM = 10


def draw_reliability(bins: Sequence[ReliabilityBin]) -> Html:
    """Draw accuracy over confidence; the larger a dot, the more answers; on the dashed line it keeps its word."""
    shown = [
        (b.n, b.confidence, b.accuracy)
        for b in bins
        if b.n and b.confidence is not None and b.accuracy is not None
    ]
    n = sum(count for count, _, _ in shown)
    most = max(count for count, _, _ in shown)
    said = sum(count * sure for count, sure, _ in shown) / n
    right = sum(count * true for count, _, true in shown) / n
    error = sum(count * abs(sure - true) for count, sure, true in shown) / n
    words = f"It says {100 * said:.0f} % on average, and is right in {100 * right:.0f} %; "
    words += f"calibration error {100 * error:.1f} %."
    # A handful of answers is right by chance.
    firm = [each for each in shown if each[0] >= _FIRM] or shown
    line = " L".join(f"{_SIZE * sure:.1f} {_SIZE * (1 - true):.1f}" for _, sure, true in firm)
    parts: list[Child] = [*_frame(), element("path", d=f"M{line}", class_="line")]
    for count, sure, true in shown:
        title = element("title", f"{count:,} answers, {100 * sure:.0f} % sure, {100 * true:.0f} % right")
        radius = f"{3 + 8 * (count / most) ** 0.5:.1f}"
        parts.append(element("circle", title, cx=f"{_SIZE * sure:.1f}", cy=f"{_SIZE * (1 - true):.1f}", r=radius))
    drawn = element("svg", parts, viewBox="-44 -20 364 364", class_="reliability", role="img", aria_label=words)
    return element(
        "section", element("h3", "As often right as it says?"), drawn, element("p", words, class_="soft")
    )


def _frame() -> list[Child]:
    parts: list[Child] = [element("path", d=f"M0 {_SIZE} L{_SIZE} 0", class_="ideal")]
    for share in (0.0, 0.5, 1.0):
        at = _SIZE * share
        words = f"{100 * share:.0f}" + ("%" if share == 1.0 else "")
        parts.append(element("line", x1="0", x2=str(_SIZE), y1=str(_SIZE - at), y2=str(_SIZE - at)))
        parts.append(element("text", words, x="-6", y=str(_SIZE - at + 4), class_="y"))
        parts.append(element("text", words, x=str(at), y=str(_SIZE + 18), class_="x"))
    parts.append(element("text", "confidence", x=str(_SIZE / 2), y=str(_SIZE + 36), class_="x"))
    parts.append(element("text", "share that is right", x="6", y="-4"))
    return parts
