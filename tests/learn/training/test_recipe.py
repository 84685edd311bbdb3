from __future__ import annotations

import copy
import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace import registry
from emotrace.errors import RecipeError, UnknownNameError
from emotrace.labels import EMOTIONS, preset_labels
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.recipe import find_recipe, read_recipe, recipe_names, recipe_to_dict
from emotrace.learn.training.speech_recipe import SpeechRecipe
from emotrace.strict_toml import parse_record

SMALLEST = """
[data]
corpora = ["ravdess"]
[export]
name = "mine"
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], str]:
    def make(text: str) -> str:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return make


def test_smallest_recipe_takes_all_defaults(write):
    recipe = read_recipe(write(SMALLEST))
    assert isinstance(recipe, Recipe)
    assert recipe.data.corpora == ("ravdess",)
    assert recipe.export.name == "mine"
    assert recipe.training == type(recipe.training)()
    assert recipe.augment == type(recipe.augment)()


def test_values_take_the_types_of_their_keys(write):
    recipe = read_recipe(
        write(
            'kind = "emotion"\n' + SMALLEST + "window_seconds = 3\n"
            "[data.weights]\nravdess = 2\n[augment]\nspeeds = [1, 1.1]\n[model]\nwidths = [16, 16, 16, 16, 16]\n"
        )
    )
    assert recipe.export.window_seconds == 3.0
    assert isinstance(recipe.export.window_seconds, float)
    assert recipe.data.weights == {"ravdess": 2.0}
    assert recipe.augment.speeds == (1.0, 1.1)
    assert recipe.model.widths == (16, 16, 16, 16, 16)


def test_speech_recipe(write):
    recipe = read_recipe(write('kind = "speech"\n' + SMALLEST + "[training]\nscenes = 7\n"))
    assert isinstance(recipe, SpeechRecipe)
    assert recipe.training.scenes == 7


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_are_sound(name):
    recipe = read_recipe(name)
    assert recipe.export.name
    assert recipe.export.licence != "unknown"
    assert recipe.export.description


def test_the_default_and_the_speech_recipe_are_shipped():
    assert {"default", "speech"} <= set(recipe_names())
    assert read_recipe("default").kind == "emotion"
    assert read_recipe("speech").kind == "speech"


def test_the_open_recipe_takes_corpora_alone_that_permit_commercial_use():
    recipe = read_recipe("open")
    facts = [registry.load("corpus", name).CORPUS for name in recipe.data.corpora]
    assert all(corpus.allows_commercial_use for corpus in facts)
    assert all(corpus.title in recipe.export.licence for corpus in facts)
    assert "commercial use allowed" in recipe.export.licence
    # What is shown by default, every one of them can say.
    shown = set(preset_labels(recipe.export.default_labels, EMOTIONS))
    assert all(shown <= set(corpus.emotions.values()) for corpus in facts)


# Text to add to the smallest recipe, and what is said of it.
WRONG = {
    "unknown section": ("[traning]\nepochs = 3", "unknown key 'traning'; did you mean 'training'? Known: augment"),
    "unknown key": (
        "[training]\nlearnin_rate = 1",
        "[training]: unknown key 'learnin_rate'; did you mean 'learning_rate'?",
    ),
    "far-fetched key": (
        "[model]\nxyz = 1",
        "[model]: unknown key 'xyz'; known: dropout, ears, encoder, frame_step, hidden, "
        "hidden_dropout, input_dropout, members, name, pool_width, widths",
    ),
    "speech key": ("[training]\nscenes = 3", "[training]: unknown key 'scenes'; did you mean 'seed'?"),
    "text for a number": (
        '[training]\nepochs = "many"',
        "[training]: key 'epochs' must be a whole number, got 'many'",
    ),
    "fraction": ("[training]\nepochs = 1.5", "[training]: key 'epochs' must be a whole number, got 1.5"),
    "truth for a whole number": (
        "[training]\nseed = true",
        "[training]: key 'seed' must be a whole number, got true",
    ),
    "truth for a number": ("[model]\ndropout = false", "[model]: key 'dropout' must be a number, got false"),
    "number for text": ("[model]\nname = 3", "[model]: key 'name' must be text in quotes, got 3"),
    "list for a section": ("[[model]]", "key 'model' must be a table [model], got a list"),
    "number for a list": (
        "[augment]\nspeeds = 1.0",
        "[augment]: key 'speeds' must be a list of numbers, got 1.0",
    ),
    "text in a list": (
        '[model]\nwidths = [16, "16"]',
        "[model]: key 'widths', entry 2 must be a whole number, got '16'",
    ),
    "text in a table": (
        '[data.weights]\nravdess = "much"',
        "[data]: key 'weights'.ravdess must be a number, got 'much'",
    ),
    "weight of another corpus": (
        "[data.weights]\ntess = 1.0",
        "[data]: key 'weights' names tess, which 'corpora' does not",
    ),
    "weight zero": ("[data.weights]\nravdess = 0", "[data]: key 'weights' must be positive"),
    "weight not a number": (
        "[data.weights]\nravdess = nan",
        "[data]: key 'weights'.ravdess must be a number, got nan",
    ),
    "dropout": ("[model]\ndropout = 1.0", "[model]: key 'dropout' must be in [0, 1)"),
    "four widths": (
        "[model]\nwidths = [16, 16, 16, 16]",
        "[model]: key 'widths' must be five numbers of at least 16",
    ),
    "narrow": (
        "[model]\nwidths = [16, 16, 16, 16, 15]",
        "[model]: key 'widths' must be five numbers of at least 16",
    ),
    "unknown model": (
        '[model]\nname = "residual-cn"',
        "[model]: key 'name' names 'residual-cn'; did you mean 'residual-cnn'? Known: ",
    ),
    "no pool": ("[model]\npool_width = 0", "[model]: key 'pool_width' must be at least 1"),
    "four ears": ("[model]\nears = 4", "[model]: key 'ears' must be 1, 2 or 3"),
    "an encoder for a picture": (
        "[model]\nencoder = true",
        "[model]: key 'encoder' must be false unless 'name' is statistics-mlp",
    ),
    "every third frame": (
        '[model]\nname = "statistics-mlp"\nframe_step = 3',
        "[model]: key 'frame_step' must be 1 or 2",
    ),
    "a picture of half the frames": (
        "[model]\nframe_step = 2",
        "[model]: key 'frame_step' must be 1 unless 'name' is statistics-mlp",
    ),
    "no own speed": ("[augment]\nspeeds = [0.9]", "[augment]: key 'speeds' must hold 1.0, the clip as it is"),
    "speed": ("[augment]\nspeeds = [1.0, 3.0]", "[augment]: key 'speeds' must lie in 0.5 .. 2"),
    "probability": ("[augment]\nnoisy_probability = 1.5", "[augment]: key 'noisy_probability' must be in 0 .. 1"),
    "both probabilities": (
        "[augment]\nnoisy_probability = 0.6\ntelephone_probability = 0.5",
        "[augment]: key 'noisy_probability' and telephone_probability must not be above 1 together",
    ),
    "versions": ("[augment]\nnoisy_versions = -1", "[augment]: key 'noisy_versions' must not be negative"),
    "telephone": (
        "[augment]\ntelephone_probability = nan",
        "[augment]: key 'telephone_probability' must be a number, got nan",
    ),
    "tempo": ("[augment]\ntempo = 0.5", "[augment]: key 'tempo' must be in [0, 0.5)"),
    "frequency": ("[augment]\nfrequency = -0.1", "[augment]: key 'frequency' must be in [0, 0.5)"),
    "equaliser": ("[augment]\nequaliser_db = -1", "[augment]: key 'equaliser_db' must not be negative"),
    "masks of bands": ("[augment]\nband_masks = -1", "[augment]: key 'band_masks' must not be negative"),
    "width of masks": ("[augment]\nband_mask_width = -1", "[augment]: key 'band_mask_width' must not be negative"),
    "masks of time": ("[augment]\ntime_masks = -1", "[augment]: key 'time_masks' must not be negative"),
    "length of masks": (
        "[augment]\ntime_mask_frames = -1",
        "[augment]: key 'time_mask_frames' must not be negative",
    ),
    "no epochs": ("[training]\nepochs = 0", "[training]: key 'epochs' must be at least 1"),
    "no steps": ("[training]\nsteps_per_epoch = -3", "[training]: key 'steps_per_epoch' must be at least 1"),
    "no patience": ("[training]\npatience = 0", "[training]: key 'patience' must be at least 1"),
    "lonely batch": ("[training]\nbatch_size = 1", "[training]: key 'batch_size' must be at least 2"),
    "rate": ("[training]\nlearning_rate = 0", "[training]: key 'learning_rate' must be positive"),
    "decay": ("[training]\nweight_decay = -1", "[training]: key 'weight_decay' must not be negative"),
    "mixup": ("[training]\nmixup = -0.1", "[training]: key 'mixup' must not be negative"),
    "seed": ("[training]\nseed = -1", "[training]: key 'seed' must not be negative"),
    "smoothing": ("[training]\nlabel_smoothing = 1", "[training]: key 'label_smoothing' must be in [0, 1)"),
    "average": ("[training]\nema_decay = 1", "[training]: key 'ema_decay' must be in [0, 1)"),
    "short crop": (
        "[training]\ncrop_seconds = [0.1, 1]",
        "[training]: key 'crop_seconds' must be two numbers, shortest and longest, in 0.5 .. 30",
    ),
    "crops turned round": (
        "[training]\ncrop_seconds = [2, 1]",
        "[training]: key 'crop_seconds' must be two numbers",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_key_or_value_is_named_with_its_file(write, case):
    text, sentence = WRONG[case]
    path = write(SMALLEST + text)
    with pytest.raises(RecipeError, match=re.escape(f"{path}: {sentence}")) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)


# Texts that are whole recipes, and what is said of them.
WRONG_WHOLE = {
    "no data": ('[export]\nname = "mine"', "key 'data' is missing; it must be a table"),
    "no corpora": (
        '[data]\n[export]\nname = "mine"',
        "[data]: key 'corpora' must name a corpus, or key 'manifests' a file",
    ),
    "empty corpora": (
        '[data]\ncorpora = []\n[export]\nname = "mine"',
        "[data]: key 'corpora' must name a corpus, or key 'manifests' a file",
    ),
    "one corpus": (
        '[data]\ncorpora = "tess"\n[export]\nname = "mine"',
        "[data]: key 'corpora' must be a list of texts in quotes, got 'tess'",
    ),
    "unknown corpus": (
        '[data]\ncorpora = ["ravdess", "tes"]\n[export]\nname = "mine"',
        "[data]: key 'corpora' names 'tes'; did you mean 'tess'? Known: crema-d, ",
    ),
    "unknown protocol": (
        '[data]\ncorpora = ["tess"]\nprotocol = "joint6"\n[export]\nname = "mine"',
        "[data]: key 'protocol' names 'joint6'; did you mean 'joint-6'? Known: assigned, ",
    ),
    "leaky protocol": (
        '[data]\ncorpora = ["tess"]\nprotocol = "random-leaky"\n[export]\nname = "mine"',
        "[data]: key 'protocol' names 'random-leaky'; known: assigned, ",
    ),
    "one manifest": (
        '[data]\nmanifests = "mine.csv"\n[export]\nname = "mine"',
        "[data]: key 'manifests' must be a list of texts in quotes, got 'mine.csv'",
    ),
    "no name": (
        '[data]\ncorpora = ["tess"]\n[export]',
        "[export]: key 'name' is missing; it must be text in quotes",
    ),
    "fold": (
        '[data]\ncorpora = ["tess"]\nfold = 0\n[export]\nname = "mine"',
        "[data]: key 'fold' must be at least 1",
    ),
    "weights": (
        '[data]\ncorpora = ["tess"]\nweights = 3\n[export]\nname = "mine"',
        "[data]: key 'weights' must be a table of numbers, got 3",
    ),
    "section a number": ('data = 3\n[export]\nname = "mine"', "key 'data' must be a table [data], got 3"),
    "short window": (SMALLEST + "window_seconds = 0.4", "[export]: key 'window_seconds' must be in 0.5 .. 60"),
    "long window": (SMALLEST + "window_seconds = 60.5", "[export]: key 'window_seconds' must be in 0.5 .. 60"),
    "long hop": (
        SMALLEST + "hop_seconds = 4.0",
        "[export]: key 'hop_seconds' must be in 0.1 .. window_seconds",
    ),
    "short hop": (SMALLEST + "hop_seconds = 0.05", "[export]: key 'hop_seconds' must be in 0.1 .. window_s"),
    "coverage": (SMALLEST + "coverage = 0.0", "[export]: key 'coverage' must be in (0, 1]"),
    "kind": ('kind = "song"' + SMALLEST, "key 'kind' must be one of emotion, speech, sex, got 'song'"),
    "kind a number": ("kind = 3" + SMALLEST, "key 'kind' must be one of emotion, speech, sex, got 3"),
    "kind a list": ("kind = []" + SMALLEST, "key 'kind' must be one of emotion, speech, sex, got []"),
    "speech model": (
        'kind = "speech"' + SMALLEST + "[model]",
        "unknown key 'model'; known: augment, data, export, kind, training",
    ),
    "no scenes": (
        'kind = "speech"' + SMALLEST + "[training]\nscenes = 0",
        "[training]: key 'scenes' must be at least 1",
    ),
    "short scenes": (
        'kind = "speech"' + SMALLEST + "[training]\nscene_seconds = 0.5",
        "[training]: key 'scene_seconds' must be in 1 .. 30",
    ),
    "speech seed": (
        'kind = "speech"' + SMALLEST + "[training]\nseed = -1",
        "[training]: key 'seed' must not be negative",
    ),
    "speech noise": (
        'kind = "speech"' + SMALLEST + "[augment]\nnoise_probability = -0.1",
        "[augment]: key 'noise_probability' must be in 0 .. 1",
    ),
    "one ratio": (
        'kind = "speech"' + SMALLEST + "[augment]\nnoise_snr_db = [5]",
        "[augment]: key 'noise_snr_db' must be two numbers: lowest, highest",
    ),
    "ratios turned round": (
        'kind = "speech"' + SMALLEST + "[augment]\nnoise_snr_db = [50, 5]",
        "[augment]: key 'noise_snr_db' must be two numbers: lowest, highest",
    ),
    "speech equaliser": (
        'kind = "speech"' + SMALLEST + "[augment]\nequaliser_db = -1",
        "[augment]: key 'equaliser_db' must not be negative",
    ),
    "speech rate": (
        'kind = "speech"' + SMALLEST + "[training]\nlearning_rate = 0.0",
        "[training]: key 'learning_rate' must be positive",
    ),
    "not TOML": ("[data\ncorpora", "is not TOML: "),
}


@pytest.mark.parametrize("case", WRONG_WHOLE)
def test_wrong_recipe_is_explained_with_its_file(write, case):
    text, sentence = WRONG_WHOLE[case]
    path = write(text)
    with pytest.raises(RecipeError, match=re.escape(f"{path}: {sentence}")) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)


def test_ones_own_speech_alone_or_beside_corpora(write):
    own = '[data]\nmanifests = ["mine.csv"]\n%s[data.weights]\nmine = 2\n[export]\nname = "mine"'
    alone = read_recipe(write(own % 'protocol = "speaker-k-fold"\n')).data
    assert (alone.corpora, alone.manifests) == ((), ("mine.csv",))
    # A manifest's corpora are known only once it is read.
    assert alone.weights == {"mine": 2.0}
    assert read_recipe(write(own % 'corpora = ["tess"]\n')).data.corpora == ("tess",)


@pytest.mark.parametrize(("window", "hop"), [(0.5, 0.1), (0.5, 0.5), (60.0, 60.0)])
def test_the_ends_of_windows_and_hops_are_allowed(write, window, hop):
    export = read_recipe(write(SMALLEST + f"window_seconds = {window}\nhop_seconds = {hop}")).export
    assert (export.window_seconds, export.hop_seconds) == (window, hop)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match=r"mine\.toml: is not UTF-8 text; save it with UTF-8 encoding"):
        read_recipe(str(path))


def test_unknown_recipe_suggests_a_near_one():
    with pytest.raises(UnknownNameError, match=r"no recipe named 'defualt'; did you mean 'default'\? Known: "):
        read_recipe("defualt")


def test_missing_file_lists_the_shipped_recipes(tmp_path):
    with pytest.raises(RecipeError, match=r"no recipe file .*gone\.toml; shipped recipes: .*default"):
        read_recipe(str(tmp_path / "gone.toml"))


def test_folder_is_no_recipe_file(tmp_path):
    (tmp_path / "mine.toml").mkdir()
    with pytest.raises(RecipeError, match=r"no recipe file .*mine\.toml; shipped recipes: "):
        read_recipe(str(tmp_path / "mine.toml"))


def test_a_run_folder_called_like_a_recipe_does_not_hide_it(tmp_path, monkeypatch):
    # As after `emotrace train default -o default`.
    (tmp_path / "default").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_recipe("default").suffix == ".toml"


def test_a_file_of_any_ending_is_read(write, tmp_path):
    path = Path(write(SMALLEST)).rename(tmp_path / "recipe.txt")
    assert read_recipe(str(path)).export.name == "mine"


def test_a_recipe_as_plain_data_gives_the_recipe_back():
    for name in recipe_names():
        recipe = read_recipe(name)
        plain = json.loads(json.dumps(recipe_to_dict(recipe)))
        assert parse_record(type(recipe), plain, name, RecipeError) == recipe


def test_fingerprint_ignores_what_the_bundle_is_called(tiny_recipe):
    recipe = tiny_recipe()
    assert re.fullmatch("[0-9a-f]{16}", recipe.fingerprint)
    other = tiny_recipe(export={"name": "other", "description": "new", "hop_seconds": 0.5, "coverage": 0.9})
    assert other != recipe
    assert other.fingerprint == recipe.fingerprint


def test_every_setting_of_training_changes_the_fingerprint(tiny_recipe):
    recipe = tiny_recipe()
    seen = {recipe.fingerprint}
    changed = [
        {section: {field.name: _other(getattr(getattr(recipe, section), field.name))}}
        for section in ("data", "model", "augment", "training", "statistics")
        for field in dataclasses.fields(getattr(recipe, section))
        if field.name
        not in (
            "weights",
            "corpora",
            "speeds",
            "widths",
            "hidden",
            "crop_seconds",
            "ears",
            "encoder",
            "frame_step",
        )
    ]
    changed += [
        {"data": {"weights": {}}},
        {"data": {"corpora": ("emo-db", "ravdess")}},
        {"augment": {"speeds": (1.0,)}},
        {"model": {"hidden": (24, 16)}},
        {"model": {"widths": (24,) * 5}},
        {"model": {"ears": 2}},
        {"model": {"name": "statistics-mlp"}},
        {"model": {"name": "statistics-mlp", "encoder": True}},
        {"model": {"name": "statistics-mlp", "frame_step": 2}},
        {"training": {"crop_seconds": (1.0, 1.0)}},
    ]
    for sections in changed:
        seen.add(tiny_recipe(**sections).fingerprint)
    assert len(seen) == 1 + len(changed)


def _other(value: Any) -> Any:
    if isinstance(value, str):
        return {"residual-cnn": "speech-net", "joint-6": "speaker-k-fold"}[value]
    if isinstance(value, tuple):
        return (*value, "x")
    return value + 1 if isinstance(value, int) else value / 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = [("data",), ("export",), ("model",), ("augment",), ("training",)] + [
    (section.name, field.name)
    for section in dataclasses.fields(Recipe)
    if section.name != "kind"
    for field in dataclasses.fields(type(getattr(read_recipe("default"), section.name)))
]


@given(key=st.sampled_from(KEYS), value=JSON)
def test_any_value_is_taken_or_refused_by_name(key, value):
    table = copy.deepcopy(recipe_to_dict(read_recipe("default")))
    place = table
    for part in key[:-1]:
        place = place[part]
    place[key[-1]] = value
    refusal = None
    try:
        parse_record(Recipe, table, "mine.toml", RecipeError)
    except RecipeError as error:
        refusal = str(error)
    # A window may be refused for being shorter than the hop: named, but not first.
    assert refusal is None or all(part in refusal for part in key)
