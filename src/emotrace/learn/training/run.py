"""A whole training run: recipe + corpora -> bundle. What it scores is measured by whoever called it.

The stages of an emotion run are: gather and divide the speech, pack it, fit the network, fit the temperature
and the threshold of certainty on validation speakers, export. Packing and fitting go on where they were
interrupted. A run of speakers' sex has the same stages, but no threshold; a run on features measures in place of
packing, and may seek parameters first. A speech run takes minutes, and starts anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from emotrace.atomic import replacing
from emotrace.bundle import Bundle, Card, write_bundle
from emotrace.errors import LabelError, RecipeError, TrainingError, UsageError
from emotrace.features import log_mel, speech_encoder
from emotrace.labels import EMOTIONS, preset_labels
from emotrace.learn.corpora._measure import add_content
from emotrace.learn.evaluation.split import Split
from emotrace.learn.models._build import build_model, is_network
from emotrace.learn.models._torch_net import require_loggers
from emotrace.learn.models.speech_net import FRAME_SECONDS
from emotrace.learn.training.calibrate import calibrate_logits
from emotrace.learn.training.card_facts import run_facts
from emotrace.learn.training.carried import Carried
from emotrace.learn.training.data import count_clips, divide, gather
from emotrace.learn.training.examples import Examples, label_inventory, make_examples, make_sex_examples
from emotrace.learn.training.export import EmotionGraph, SpeechGraph, to_onnx
from emotrace.learn.training.feature_recipe import FeatureRecipe
from emotrace.learn.training.fit import LOG_FILE, Fitted
from emotrace.learn.training.fit_speech import fit_speech
from emotrace.learn.training.fit_views import fit_views
from emotrace.learn.training.history import history_of_log, write_history
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.network_scores import predict_logits
from emotrace.learn.training.pack import Pack, Versions, build_pack, versions_of
from emotrace.learn.training.recipe import AnyRecipe, recipe_to_dict
from emotrace.learn.training.recipe_sections import Data, Export
from emotrace.learn.training.run_features import run_features
from emotrace.learn.training.speech_recipe import SpeechRecipe
from emotrace.types import Utterance

MINIMUM_SECONDS = 0.5

Report = Callable[[str, Mapping[str, Any]], None]


def run(
    recipe: AnyRecipe,
    corpora: Path | None,
    folder: Path,
    report: Report,
    carried: Carried | None = None,
    loggers: Sequence[str] = (),
    n_jobs: int = 1,
) -> tuple[Bundle, Split]:
    """Train what the recipe says and write ``folder/bundle``.

    Parameters
    ----------
    recipe
        Of any kind.
    corpora
        Folder with one sub-folder per corpus.
    folder
        Of the run; a run that was interrupted goes on from here.
    report
        Called with a stage's name and its numbers as they come.
    carried
        What a recipe of emotions or sex is trained on in place of the audio, see
        `emotrace.learn.training.carried`.
    loggers
        To which the epochs of a network of features are told: ``tensorboard``, ``mlflow``.
    n_jobs
        How many processes seek parameters, where the recipe says that they be sought.

    Returns
    -------
    (bundle, split)
        The bundle, with no metrics in its card yet, and the division it was trained on.

    Raises
    ------
    UsageError, UnknownNameError, MissingExtraError
        If a logger cannot be had, or the recipe trains no such network, or several processes are to seek what it
        does not seek; further errors are those of the stages.
    """
    require_usable(recipe, loggers, n_jobs)
    if carried is not None and isinstance(recipe, Recipe):
        utterances = carried.choose(recipe)
    else:
        utterances = gather_with_content(recipe.data, corpora, report)
    if recipe.kind == "sex":
        utterances = _with_known_sex(utterances, report)
    split = divide(recipe.data, utterances)
    if recipe.kind == "emotion":
        _require_heard_emotions(split)
    report("split", {side: len(getattr(split, side)) for side in ("train", "validation", "test")})
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(recipe, Recipe):
        bundle = _run_labelled(recipe, split, folder, report, carried)
    elif isinstance(recipe, FeatureRecipe):
        _require_default_labels(recipe.export, label_inventory(split.train))
        bundle = run_features(recipe, split, folder, report, loggers, n_jobs)
    else:
        bundle = _run_speech(recipe, split, folder, report)
    with replacing(folder / "recipe.json") as part:
        part.write_text(json.dumps(recipe_to_dict(recipe), indent=2) + "\n", encoding="utf-8")
    return bundle, split


def require_usable(recipe: AnyRecipe, loggers: Sequence[str] = (), n_jobs: int = 1) -> None:
    """Refuse loggers and processes that a recipe has no use for, before anything is measured.

    Raises
    ------
    UsageError, UnknownNameError, MissingExtraError
        If a logger cannot be had or has nothing to log, or several processes have nothing to seek.
    """
    plan = recipe if isinstance(recipe, FeatureRecipe) else None
    if n_jobs > 1 and (plan is None or plan.search is None):
        raise UsageError(
            f"{n_jobs} processes are to seek parameters, but the recipe has no [search]; leave --jobs out"
        )
    if not loggers:
        return
    if plan is None or not is_network(build_model(plan.model.name, plan.model.preset, **plan.model.params)):
        raise UsageError("loggers are for networks that a recipe with [features] trains; leave them out")
    require_loggers(loggers)


def _require_heard_emotions(split: Split) -> None:
    """Refuse emotions of held-out speakers that nobody says in training: no model could be judged by them."""
    heard = {u.emotion for u in split.train}
    strange = [u for u in (*split.validation, *split.test) if u.emotion not in heard]
    if strange:
        names = ", ".join(sorted({u.emotion for u in strange}))
        raise TrainingError(
            f"of {names} there are clips of speakers held out (first {strange[0].file}), but of no training "
            "speaker; add training clips, or leave these out (key 'data.exclude')"
        )


def gather_with_content(data: Data, corpora: Path | None, report: Report) -> list[Utterance]:
    """Gather a recipe's speech, each clip with the fingerprint of its samples.

    Only with these can a split see identical audio on two sides.
    """
    utterances = gather(data, corpora, report)
    tell, total = count_clips("fingerprint", report), len(utterances)
    return add_content(utterances, lambda done: tell(done, total))


def _with_known_sex(utterances: Sequence[Utterance], report: Report) -> list[Utterance]:
    known = [u for u in utterances if u.sex is not None]
    if len(known) < len(utterances):
        report("left out", {"clips": len(utterances) - len(known), "reason": "nobody says the speaker's sex"})
    return known


def _run_labelled(
    recipe: Recipe, split: Split, folder: Path, report: Report, carried: Carried | None = None
) -> Bundle:
    make = _examples_maker(recipe, split)
    sides = []
    every = versions_of(recipe)
    as_it_is = Versions((1.0,), encoder=every.encoder)
    for utterances, versions in ((split.train, every), (split.validation, as_it_is)):
        if carried is not None:
            pack = carried.subset(utterances)
        else:
            pack = build_pack(utterances, versions, folder, count_clips("pack", report))
        sides.append(make(utterances, pack))
    train, validation = sides
    fitted = fit_views(recipe, train, validation, folder, report)
    write_history(history_of_log(folder / LOG_FILE), folder)
    calibration = calibrate(fitted.network, validation, recipe.export)
    if recipe.kind == "sex":
        # What is said of a voice's sex is never marked uncertain.
        calibration = {"temperature": calibration["temperature"]}
    report("calibration", calibration)
    card = Card(
        kind=recipe.kind,
        labels=fitted.labels,
        default_labels=recipe.export.default_labels,
        calibration=calibration,
        training=_training_facts(recipe, fitted),
        **_common_facts(recipe, split),
    )
    return write_bundle(folder / "bundle", card, to_onnx(EmotionGraph(fitted.network, calibration["temperature"])))


def _examples_maker(recipe: Recipe, split: Split) -> Callable[[Sequence[Utterance], Pack], Examples]:
    """Give what makes examples of the recipe's kind."""
    if recipe.kind == "sex":
        return make_sex_examples
    inventory = label_inventory(split.train)
    _require_default_labels(recipe.export, inventory)
    return partial(make_examples, inventory=inventory)


def _require_default_labels(export: Export, inventory: Mapping[str, set[str]]) -> None:
    """Refuse labels that the model will not give before it is trained for hours."""
    given = [emotion for emotion in EMOTIONS if any(emotion in own for own in inventory.values())]
    try:
        preset_labels(export.default_labels, given)
    except LabelError as error:
        raise RecipeError(f"key 'export.default_labels': {error}") from None


def _run_speech(recipe: SpeechRecipe, split: Split, folder: Path, report: Report) -> Bundle:
    fitted = fit_speech(recipe, split.train, split.validation, lambda line: report("speech", line))
    card = Card(
        kind="speech",
        labels=("speech",),
        frame_seconds=FRAME_SECONDS,
        calibration={"speech_threshold": fitted.threshold},
        metrics=fitted.metrics,
        training={**_recipe_facts(recipe), "seconds": round(fitted.seconds), "teacher": "Silero VAD (MIT)"},
        **_common_facts(recipe, split),
    )
    return write_bundle(folder / "bundle", card, to_onnx(SpeechGraph(fitted.network)))


def calibrate(network: nn.Module, validation: Examples, export: Export) -> dict[str, float]:
    """Calibrate a network on validation speakers; see `emotrace.learn.training.calibrate`."""
    logits = predict_logits(network, validation)
    corpora = [u.corpus for u in validation.utterances]
    return calibrate_logits(logits, validation.truth, validation.allowed, validation.labels, corpora, export)


def _common_facts(recipe: Recipe | SpeechRecipe, split: Split) -> dict[str, Any]:
    data = recipe.data
    protocol = {"protocol": data.protocol, "fold": data.fold, "seed": data.split_seed}
    return {
        **run_facts(recipe.export, split, protocol, recipe.kind),
        "sampling_rate": log_mel.SAMPLING_RATE,
        "minimum_seconds": MINIMUM_SECONDS,
    }


def _recipe_facts(recipe: Recipe | SpeechRecipe) -> dict[str, Any]:
    return {"recipe": recipe_to_dict(recipe), "torch": torch.__version__}


def _training_facts(recipe: Recipe, fitted: Fitted) -> dict[str, Any]:
    heard_through = {"speech_encoder": speech_encoder.SOURCE} if recipe.model.encoder else {}
    return {
        **_recipe_facts(recipe),
        **heard_through,
        "seconds": round(fitted.seconds),
        "epochs": fitted.n_epochs,
        "best_epoch": fitted.best_epoch,
        "validation_uar": round(fitted.validation_score, 4),
        "n_parameters": sum(p.numel() for p in fitted.network.parameters()),
    }
