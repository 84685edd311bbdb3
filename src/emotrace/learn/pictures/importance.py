"""Which features matter: by the model's own word and by shuffling, how few would do, women beside men."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emotrace.learn.explore.names import title_of
from emotrace.learn.pictures._canvas import (
    ACCENT,
    INK,
    LINE,
    SEX_COLOURS,
    SOFT,
    TICK,
    WIDTH,
    dress,
    legend,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

N_SHOWN = 20
_OWN_WORD = "#8a8f98"
_WAYS = {"built-in": ("D", "chosen by the model's own word"), "random": ("x", "drawn at random")}
_N_OF_A_SEX = 12

Facts = Mapping[str, Any]


def draw_importance(features: Sequence[Facts]) -> Figure:
    """Draw the features that shuffling costs most, and the model's own importance of each beside it.

    Parameters
    ----------
    features
        Ranked, each with ``name`` and ``mean`` and ``sd`` of ``permutation`` and ``built_in``; of more than 20
        the first 20 are shown.
    """
    shown = features[:N_SHOWN]
    figure = new_figure(WIDTH, 0.25 * len(shown) + 1.2)
    lost, leaned_on = figure.subplots(1, 2, sharey=True)
    _draw_bars(lost, [row["permutation"] for row in shown], ACCENT)
    dress(lost, "Lost when it is shuffled", x="points of UAR, speakers not heard in training", grid="x")
    lost.axvline(0.0, color=SOFT, linewidth=0.8)
    _draw_bars(leaned_on, [row["built_in"] for row in shown], _OWN_WORD)
    leaned_on.set_xlim(left=0.0)
    dress(leaned_on, "The model's own word", x="% of all importance, training speakers", grid="x")
    lost.set_yticks(range(len(shown)), [title_of(row["name"]) for row in shown])
    lost.set_ylim(len(shown) - 0.4, -0.6)
    for axes in (lost, leaned_on):
        axes.tick_params(axis="y", length=0, labelcolor=INK)
    return figure


def _draw_bars(axes: Axes, values: Sequence[Facts], colour: str) -> None:
    """Draw means in hundredths, with whiskers of one standard deviation."""
    places = range(len(values))
    means = [100.0 * value["mean"] for value in values]
    axes.barh(places, means, 0.66, color=colour)
    spreads = [100.0 * (value["sd"] or 0.0) for value in values]
    lows = [mean - spread for mean, spread in zip(means, spreads, strict=True)]
    highs = [mean + spread for mean, spread in zip(means, spreads, strict=True)]
    axes.hlines(places, lows, highs, color=INK, linewidth=1.0, alpha=0.55)


def draw_selection(groups: Mapping[str, Facts], n_features: int) -> Figure:
    """Draw what is recognised with few features, a panel for each group.

    Parameters
    ----------
    groups
        By name: ``uar``, ``selection`` and ``labels`` as of
        `emotrace.learn.explore.importance_facts.group_facts`.
    n_features
        How many there are in all.
    """
    figure = new_figure(WIDTH if len(groups) > 1 else 6.4, 3.5)
    panels = figure.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for axes, (name, group) in zip(panels, groups.items(), strict=True):
        colour = SEX_COLOURS.get(name, ACCENT)
        _draw_curve(axes, group, n_features, colour)
        for way, (marker, words) in _WAYS.items():
            found = [entry for entry in group["selection"] if entry["by"] == way]
            sizes, values = [e["n_features"] for e in found], [e["uar"]["mean"] for e in found]
            axes.scatter(sizes, values, s=46, marker=marker, color=INK, linewidths=1.4, zorder=4, label=words)
        axes.axhline(1 / len(group["labels"]), color=SOFT, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.text(
            n_features, 1 / len(group["labels"]), "chance", fontsize=TICK, color=SOFT, ha="right", va="bottom"
        )
        _number_sizes(axes, group, n_features)
        dress(axes, f"{name}, {group['n_speakers']} speakers", x="features kept", grid="y")
    panels[0].set_ylabel("UAR, speakers not heard in training", fontsize=TICK, color=SOFT)
    panels[0].set_ylim(bottom=0.0)
    handles, words = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, words, loc="outside lower center", ncols=3, fontsize=TICK, frameon=False, labelcolor=INK
    )
    return figure


def _draw_curve(axes: Axes, group: Facts, n_features: int, colour: str) -> None:
    kept = [(e["n_features"], e["uar"]) for e in group["selection"] if e["by"] == "permutation"]
    sizes, scores = zip(*[*kept, (n_features, group["uar"])], strict=True)
    if scores[0]["low"] is not None:
        lows, highs = [score["low"] for score in scores], [score["high"] for score in scores]
        axes.fill_between(sizes, lows, highs, color=colour, alpha=0.14, linewidth=0)
    means = [score["mean"] for score in scores]
    axes.plot(sizes, means, color=colour, linewidth=1.8, marker="o", markersize=5, label="chosen by shuffling")


def _number_sizes(axes: Axes, group: Facts, n_features: int) -> None:
    sizes = sorted({n_features, *(entry["n_features"] for entry in group["selection"])})
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_xticks([], minor=True)


def draw_sexes(female: Sequence[Facts], male: Sequence[Facts]) -> Figure:
    """Draw what shuffling costs for women beside what it costs for men: the 12 that matter most of each.

    Parameters
    ----------
    female, male
        Ranked features of each, as for `draw_importance`.
    """
    best = [row["name"] for row in (*female[:_N_OF_A_SEX], *male[:_N_OF_A_SEX])]
    lost = {
        sex: {row["name"]: 100.0 * row["permutation"]["mean"] for row in rows}
        for sex, rows in (("female", female), ("male", male))
    }
    names = sorted(dict.fromkeys(best), key=lambda name: lost["male"][name] - lost["female"][name])
    figure = new_figure(WIDTH, 0.25 * len(names) + 1.2)
    axes = figure.subplots()
    places = range(len(names))
    ends = [[lost[sex][name] for name in names] for sex in lost]
    axes.hlines(places, ends[0], ends[1], color=LINE, linewidth=3)
    for sex, values in zip(lost, ends, strict=True):
        axes.scatter(values, places, s=46, color=SEX_COLOURS[sex], zorder=3, label=sex)
    axes.axvline(0.0, color=SOFT, linewidth=0.8)
    axes.set_yticks(places, [title_of(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    dress(
        axes, x="points of UAR lost when it is shuffled; above, what matters for women, below, for men", grid="x"
    )
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    legend(axes, loc="best")
    return figure
