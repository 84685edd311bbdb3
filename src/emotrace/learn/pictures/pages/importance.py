"""The report of features: which matter, for whom, and how few of them would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from emotrace import __version__
from emotrace.learn.explore.importance_facts import kept
from emotrace.learn.explore.names import title_of
from emotrace.learn.pictures.pages._parts import facts_line, fold, navigation, part, plate, section, table, tabs
from emotrace.learn.pictures.pages._shell import write_page
from emotrace.learn.pictures.pages._words import NO_VALUE, count, percent
from emotrace.markup import Html, element, join

_WAYS = {"permutation": "by shuffling", "built-in": "by the model's own word", "random": "at random"}
_READING = (
    "Left, what is lost of the unweighted average recall (UAR) when a feature's values are shuffled among clips"
    " of speakers whom the model never heard; whiskers are one standard deviation over folds and repeats. "
    "Right, the share of all importance that the model itself gives the feature: it tells of training speakers,"
    " of what was leaned on, not of what held. A feature whose neighbours say the same is hardly missed when it"
    " is shuffled, and shares its own importance with them: small does not mean useless."
)
_CHOICE = (
    "Features are chosen anew in each fold, on its training speakers alone: by what shuffling costs on inner "
    "folds of speakers, or by the model's own word. The curve and its interval of 95 % (speakers drawn again) "
    "are of speakers who had no part in the choice. At random is what any so many features give."
)
_GROWN = (
    "Its first questions. Colours are the emotions of the clips that come to a place, every emotion weighing the "
    "same at the top. This one is grown on all clips, and nobody is left to judge it: how well such trees do is "
    "told above, by the folds. With a few clips changed another tree would grow."
)

Facts = Mapping[str, Any]


def write_importance_page(stream: TextIO, facts: Facts, pictures: Mapping[str, bytes]) -> None:
    """Write the page.

    Parameters
    ----------
    stream
        Where to; what is written is ASCII.
    facts
        See `emotrace.learn.pictures.importance_report.write_importance_report`.
    pictures
        PNGs by name: ``selection``, ``importance-<group>``, ``tree-<group>`` where the model is one tree, and
        ``sexes`` where sexes were measured.
    """
    write_page(stream, f"{facts['source']} – features", (), _body(facts, pictures))


def _body(facts: Facts, pictures: Mapping[str, bytes]) -> Iterator[Html]:
    sections = {"which": "Which matter?", "few": "How few would do?"}
    if "tree" in facts["groups"]["all"]:
        sections["tree"] = "The tree"
    if "sexes" in pictures:
        sections["sexes"] = "Women and men"
    sections["parts"] = "Families and statistics"
    yield Html("<main>")
    yield _header(facts)
    yield navigation(sections)
    yield _which(facts, pictures)
    yield _few(facts, pictures["selection"])
    if "tree" in sections:
        yield _tree(facts, pictures)
    if "sexes" in pictures:
        yield _sexes(facts, pictures["sexes"])
    yield _parts(facts)
    yield _method(facts)
    yield Html("</main>")


def _header(facts: Facts) -> Html:
    everybody, source, name = facts["groups"]["all"], facts["source"], facts["feature_set"]
    title = source if name == source else f"{source}: {name}"
    return element(
        "header",
        element("p", "Importance of features", class_="overline"),
        element("h1", title),
        facts_line(
            facts["model"],
            count(facts["n_features"], "feature"),
            count(everybody["n_clips"], "clip"),
            count(everybody["n_speakers"], "speaker"),
            count(len(everybody["labels"]), "emotion"),
        ),
    )


def _which(facts: Facts, pictures: Mapping[str, bytes]) -> Html:
    panels = {
        name: join(
            [
                plate(pictures[f"importance-{name}"], f"Bars: importance of the first features, {name}."),
                fold(f"All {facts['n_features']} features", _ranking(group["features"], group["n_folds"])),
            ]
        )
        for name, group in facts["groups"].items()
    }
    best = [title_of(row["name"]) for row in facts["groups"]["all"]["features"][:3]]
    shown = tabs("group", panels) if len(panels) > 1 else panels["all"]
    return section(
        "which",
        "Which matter?",
        element("p", _READING, class_="note"),
        shown,
        lead=f"Most is lost without: {'; '.join(best)}.",
    )


def _ranking(features: Sequence[Facts], n_folds: int) -> Html:
    rows = [
        (
            str(row["permutation"]["rank"]),
            element("span", title_of(row["name"]), element("small", f" {row['name']}")),
            _points(row["permutation"]),
            percent(row["built_in"]["mean"], 2),
            str(row["built_in"]["rank"]),
            f"{row['n_chosen']} of {n_folds}",
        )
        for row in features
    ]
    heads = ("", "feature", "points of UAR lost", "own word", "its rank", "chosen in folds")
    return table(heads, rows)


def _few(facts: Facts, picture: bytes) -> Html:
    k, n = facts["k"], facts["n_features"]
    rows = [
        (
            name,
            _WAYS[entry["by"]],
            str(entry["n_features"]),
            _with_interval(entry["uar"]),
            _with_interval(entry["lost"], signed=True),
        )
        for name, group in facts["groups"].items()
        for entry in group["selection"]
    ]
    whole = [
        (name, "all", str(n), _with_interval(group["uar"]), NO_VALUE) for name, group in facts["groups"].items()
    ]
    heads = ("group", "chosen", "features", "UAR", "change")
    return section(
        "few",
        "How few would do?",
        element("p", _CHOICE, class_="note"),
        plate(picture, "Curves: UAR by the number of features that are kept."),
        table(heads, [*whole, *[row for row in rows if row[2] == str(k)]]),
        fold("Every number of features", table(heads, rows)),
        *(
            part(
                f"The {k} to carry forward, {name}",
                element("p", ", ".join(row["name"] for row in group["features"][:k]), class_="note"),
            )
            for name, group in facts["groups"].items()
        ),
        lead=_cost(facts),
    )


def _cost(facts: Facts) -> str:
    k, n, everybody = facts["k"], facts["n_features"], facts["groups"]["all"]
    few = kept(everybody, k)
    said = (
        f"With {k} of {n} features UAR is {few['uar']['mean']:.3f}, with all {everybody['uar']['mean']:.3f}, on "
        "speakers never heard."
    )
    lost = few["lost"]
    if lost["low"] is not None and lost["low"] <= 0.0 <= lost["high"]:
        said += " With other speakers there might be no difference."
    return said


def _tree(facts: Facts, pictures: Mapping[str, bytes]) -> Html:
    groups = facts["groups"]
    whole = groups["all"]["tree"]
    panels = {
        name: plate(pictures[f"tree-{name}"], f"A tree: its first questions and the emotions below them, {name}.")
        for name in groups
    }
    lead = f"It asks {count(whole['n_questions'], 'question')} in all, at most {whole['n_in_a_row']} of one clip."
    return section(
        "tree",
        "The tree",
        element("p", _GROWN, class_="note"),
        tabs("tree", panels) if len(panels) > 1 else panels["all"],
        lead=lead,
    )


def _sexes(facts: Facts, picture: bytes) -> Html:
    groups, k = facts["groups"], facts["k"]
    both = [{row["name"] for row in groups[sex]["features"][:k]} for sex in ("female", "male")]
    shared = len(both[0] & both[1])
    lead = (
        f"Of the {k} that matter most for women and for men, {shared} are the same; by chance alone it would be "
        f"{k * k / facts['n_features']:.0f}."
    )
    return section("sexes", "Women and men", plate(picture, "Dots: points lost, women beside men."), lead=lead)


def _parts(facts: Facts) -> Html:
    return section(
        "parts",
        "Families and statistics",
        _shares(facts, "families", "family"),
        _shares(facts, "statistics", "statistic"),
        lead="What share of the model's own importance they have together.",
    )


def _shares(facts: Facts, key: str, head: str) -> Html:
    groups = facts["groups"]
    rows = [(name, *(percent(group[key][name], 1) for group in groups.values())) for name in groups["all"][key]]
    return table((head, *groups), rows)


def _method(facts: Facts) -> Html:
    everybody = facts["groups"]["all"]
    agreement = everybody["agreement"]
    said = (
        f"{facts['model']} with its default settings, seed {facts['seed']}; {everybody['n_folds']} folds of "
        f"whole speakers; each feature shuffled {facts['n_repeats']} times in each. UAR is the mean over folds; "
        "intervals are of the pooled answers, by a bootstrap over speakers. The lists to carry forward are of all "
        "folds together; what their choice costs is told by the folds, in which it was made without the tested "
        "speakers. Trees care for the order of a feature's values alone: scaled or not, the figures are the same."
    )
    if agreement is not None:
        said += f" Both kinds of importance agree by {agreement:.2f} (Spearman)."
    said += " All numbers are in report.json, the pictures in the folder pictures."
    return element(
        "footer", element("p", said, class_="footnote"), element("p", f"emotrace {__version__}", class_="footnote")
    )


def _points(values: Facts) -> str:
    sd = "" if values["sd"] is None else f" ± {100 * values['sd']:.2f}"
    return f"{100 * values['mean']:.2f}{sd}".replace("-", "−")


def _with_interval(score: Facts, signed: bool = False) -> Html:
    form = "+.3f" if signed else ".3f"
    # What is lost is told as a change.
    sign = -1.0 if signed else 1.0
    interval = None
    if score["low"] is not None:
        ends = sorted((sign * score["low"], sign * score["high"]))
        interval = element("small", f" {_minus(format(ends[0], form))} to {_minus(format(ends[1], form))}")
    return element("span", _minus(format(sign * score["mean"], form)), interval)


def _minus(text: str) -> str:
    """Write a real minus, and none before a number that is rounded to zero."""
    return text.lstrip("+-") if float(text) == 0.0 else text.replace("-", "−")
