"""What it takes to train with a collection: its two sides as manifests, a recipe, and the commands."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from emotrace.app.collection.folder import Collection
from emotrace.atomic import replacing
from emotrace.errors import LabelError, ManifestError
from emotrace.labels import EMOTIONS, preset_labels
from emotrace.learn.training.data import corpus_facts
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.recipe import read_recipe, recipe_to_dict
from emotrace.manifest import write_manifest
from emotrace.types import Utterance

TRAIN_SIDE, HELD_OUT_SIDE = "train", "test"

LEAST_SPEAKERS = 5
"""As many the recipe's protocol divides into folds."""

_TRAIN, _HELD_OUT, _RECIPE = "train.csv", "held-out.csv", "retrain.toml"
_NAME = "retrained"
# Of the clips that training draws: one in a hundred for every twenty clips there are, but never a flood of few.
_SHARE_PER_CLIP, _MOST_SHARE = 0.0005, 0.2


class Command(NamedTuple):
    """A line for the shell, and what it is for."""

    purpose: str
    line: str


def write_derived(collection: Collection, clips: Sequence[Utterance]) -> None:
    """Write the manifest of each side and the recipe; delete what has nobody in it.

    Raises
    ------
    ManifestError
        If something cannot be written.
    """
    sides = {side: [clip for clip in clips if clip.split == side] for side in (TRAIN_SIDE, HELD_OUT_SIDE)}
    for name, side in ((_TRAIN, TRAIN_SIDE), (_HELD_OUT, HELD_OUT_SIDE)):
        if sides[side]:
            # The file is the side; whoever trains divides the people in it anew.
            write_manifest([dataclasses.replace(clip, split=None) for clip in sides[side]], collection.root / name)
        else:
            (collection.root / name).unlink(missing_ok=True)
    path = collection.root / _RECIPE
    if not sides[TRAIN_SIDE]:
        path.unlink(missing_ok=True)
        return
    try:
        with replacing(path) as part:
            part.write_text(_to_toml(make_recipe(collection, sides[TRAIN_SIDE])), encoding="utf-8")
    except OSError as error:
        raise ManifestError(f"{path}: cannot be written: {error.strerror or error}") from None


def make_recipe(collection: Collection, own: Sequence[Utterance]) -> Recipe:
    """Give the shipped recipe with the clips ``own``, at least one, beside those of its corpora that are there."""
    shipped = read_recipe("default")
    assert isinstance(shipped, Recipe)
    there = found_corpora(collection)
    weights = {name: weight for name, weight in shipped.data.weights.items() if name in there}
    weights[own[0].corpus] = round(
        min(_SHARE_PER_CLIP * len(own), _MOST_SHARE) * (sum(weights.values()) or 1.0), 6
    )
    data = dataclasses.replace(
        shipped.data,
        corpora=there,
        manifests=(str(collection.root / _TRAIN),),
        protocol="speaker-k-fold",
        weights=weights,
        exclude=shipped.data.exclude if "crema-d" in there else (),
    )
    export = dataclasses.replace(
        shipped.export,
        name=_NAME,
        description="The default recipe with own clips.",
        licence="The terms of the corpora and of the consents it was trained under.",
        default_labels=_labels(shipped.export.default_labels, own, there),
    )
    return dataclasses.replace(shipped, data=data, export=export)


def found_corpora(collection: Collection) -> tuple[str, ...]:
    """Give the names of the shipped recipe's corpora that have a sub-folder where the collection looks."""
    root = collection.corpora
    return () if root is None else tuple(n for n in read_recipe("default").data.corpora if (root / n).is_dir())


def list_commands(collection: Collection, clips: Sequence[Utterance], old: str) -> list[Command]:
    """Give the commands that train with the clips and compare the model ``old`` with the new one."""
    if not any(clip.split == TRAIN_SIDE for clip in clips):
        return []
    # A run goes on where it was interrupted, but only with the clips that it began with.
    runs = collection.root.with_name(f"{collection.root.name}-runs") / _fingerprint(clips)
    held_out = collection.root / _HELD_OUT
    training, before, after, compared = (runs / name for name in ("training", "old", "new", "compared"))
    where = ["--corpora", str(collection.corpora)] if found_corpora(collection) else []
    train = _line("train", collection.root / _RECIPE, *where, "--output", training)
    commands = [
        Command("Train a model with the clips (half an hour with all corpora; Ctrl-C and again goes on)", train)
    ]
    if any(clip.split == HELD_OUT_SIDE for clip in clips):
        commands += [
            Command(
                "Judge the present model on the people held out", _line("evaluate", old, held_out, "-o", before)
            ),
            Command(
                "Judge the new one on the same people",
                _line("evaluate", training / "bundle", held_out, "-o", after),
            ),
            Command("Lay both side by side", _line("report", before, after, "-o", compared)),
        ]
    return commands


def what_is_missing(collection: Collection, clips: Sequence[Utterance]) -> list[str]:
    """Say, a sentence each, what stands in the way of training and comparing."""
    trained, held_out = ({c.speaker for c in clips if c.split == side} for side in (TRAIN_SIDE, HELD_OUT_SIDE))
    missing = []
    if not found_corpora(collection) and len(trained) < LEAST_SPEAKERS:
        missing.append(
            f"Training on these clips alone needs {LEAST_SPEAKERS} people besides those held out; there "
            f"{'is' if len(trained) == 1 else 'are'} {len(trained)}. Or start the app with --corpora DIR, "
            "to train on them together with the corpora there."
        )
    if not held_out:
        missing.append(
            "Nobody is held out yet: the second person will be, so that the old and the new model can be compared "
            "on a voice that neither has heard."
        )
    return missing


def _labels(wanted: str, own: Sequence[Utterance], corpora: Sequence[str]) -> str:
    given = {clip.emotion for clip in own}
    for name in corpora:
        facts = corpus_facts(name)
        given |= set(facts.emotions.values()) if facts else set()
    try:
        preset_labels(wanted, [emotion for emotion in EMOTIONS if emotion in given])
    except LabelError:
        return "all"
    return wanted


def _fingerprint(clips: Sequence[Utterance]) -> str:
    facts = sorted((Path(clip.file).name, clip.emotion, clip.split) for clip in clips)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:8]


def _line(*arguments: str | Path) -> str:
    return shlex.join(["emotrace", *map(str, arguments)])


def _to_toml(recipe: Recipe) -> str:
    head = "# Written by emotrace whenever the clips change: copy it before you change it.\n"
    return head + "\n".join(_section("", recipe_to_dict(recipe))) + "\n"


def _section(name: str, table: Mapping[str, Any]) -> list[str]:
    """Give the lines of a table: what is plain first, for what stands after a deeper table belongs to that."""
    plain = [
        f"{json.dumps(k)} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items() if not _is_table(v)
    ]
    deeper = [line for k, v in table.items() if _is_table(v) for line in _section(f"{name}.{k}" if name else k, v)]
    return [*(["", f"[{name}]"] if name else []), *plain, *deeper]


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)
