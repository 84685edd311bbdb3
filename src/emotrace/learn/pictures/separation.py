"""Which features tell emotions apart, and how much they say of who speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emotrace.learn.pictures._canvas import ACCENT, INK, LINE, SOFT, TICK, WIDTH, dress, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SPEAKER = "#b5657b"


def draw_separation(
    ranked: Sequence[Mapping[str, Any]], titles: Sequence[str], chance: Mapping[str, float]
) -> Figure:
    """Draw three dots for each feature: the share that emotion explains, as it is and within speakers, and the
    share that the speaker explains.

    Parameters
    ----------
    ranked
        ``{"emotion", "emotion_within_speakers", "speaker"}``, the most telling first.
    titles
        One for each.
    chance
        ``emotion``: what a feature that knows nothing would have.
    """
    figure = new_figure(WIDTH, 0.25 * len(ranked) + 1.1)
    axes = figure.subplots()
    places = range(len(ranked))
    as_is = [row["emotion"] or 0.0 for row in ranked]
    within = [row["emotion_within_speakers"] or 0.0 for row in ranked]
    axes.hlines(places, as_is, within, color=LINE, linewidth=3)
    axes.scatter(within, places, s=46, color=ACCENT, zorder=3, label="emotion, speaker known")
    axes.scatter(
        as_is,
        places,
        s=30,
        facecolors="#ffffff",
        edgecolors=ACCENT,
        linewidths=1.5,
        zorder=3,
        label="emotion, as it is",
    )
    # Of one speaker nobody can say what another would change.
    by_speaker = {place: row["speaker"] for place, row in enumerate(ranked) if row["speaker"] is not None}
    axes.scatter(
        list(by_speaker.values()),
        list(by_speaker),
        s=34,
        marker="D",
        facecolors="none",
        edgecolors=_SPEAKER,
        linewidths=1.3,
        zorder=2,
        label="speaker" if by_speaker else None,
    )
    axes.axvline(chance["emotion"], color=SOFT, linewidth=0.8, linestyle=(0, (3, 3)))
    axes.text(chance["emotion"], -0.9, " chance", fontsize=TICK, color=SOFT, ha="left", va="center")
    axes.set_yticks(places, titles)
    axes.set_ylim(len(ranked) - 0.4, -1.3)
    axes.set_xlim(0.0, max(0.5, 1.05 * max([*as_is, *within, *by_speaker.values()], default=0)))
    dress(axes, x="share of the feature's (ranked) variance that is explained", grid="x")
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    legend(axes, loc="lower right")
    return figure
