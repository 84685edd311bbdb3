"""What a recipe cannot have is told when it is read, in a sentence that says what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotrace.errors import RecipeError
from emotrace.learn.laboratory.check import read_checked_claim
from emotrace.learn.laboratory.recipe import claim_names, find_claim

MODEL = 'model = "mlp"\npreset = "s2"'


@pytest.mark.parametrize("name", claim_names())
def test_a_shipped_claim_can_be_had(name: str) -> None:
    assert read_checked_claim(name).claim == name


def _changed(folder: Path, model: str = MODEL, feature_set: str = "means180") -> str:
    text = find_claim("R6").read_text(encoding="utf-8")
    assert MODEL in text
    path = folder / "mine.toml"
    path.write_text(text.replace(MODEL, model).replace('"means180"', f'"{feature_set}"'), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("model", "feature_set", "sentence"),
    [
        (
            'model = "mlp"\npreset = "s9"',
            "means180",
            "[[models]] 1 ('mlp'): no preset of the model 'mlp' named 's9'",
        ),
        ('model = "svm"\nepochs = 5', "means180", "the model 'svm' has no parameter 'epochs'"),
        (
            'model = "mlp"\n[models.search]\nspace = "s9"',
            "means180",
            "the model 'mlp' has no search space 's9'; known: s4",
        ),
        ('model = "soft-voting"\n[models.search]', "means180", "the model 'soft-voting' has nothing to seek"),
        ('model = "residual-cnn"', "means180", "the model 'residual-cnn' takes waveforms"),
        (MODEL, "smile:foo", "[features]: key 'set': no openSMILE feature set named 'foo'"),
        (MODEL, "means180:2", "key 'set': feature set 'means180' takes no parameter"),
        (
            MODEL,
            "mel-frames",
            "the model 'mlp' takes a row of features for each clip, the feature set 'mel-frames' gives frames; "
            "write a set such as means184, or a model such as gru or lstm",
        ),
        ('model = "cnn-lstm"', "mfcc-frames", "or a model such as gru or lstm"),
        ('model = "gru"', "mel-image", "takes frames for each clip, the feature set 'mel-image' gives an image"),
        ('model = "cnn2d"', "means180", "write a set such as mel-image, or a model such as svm or mlp"),
        (
            'model = "gru"\n[models.search]',
            "mfcc-frames",
            "key 'search' is for a row of features for each clip, the feature set 'mfcc-frames' gives frames;",
        ),
    ],
)
def test_what_cannot_be_had_is_told(model: str, feature_set: str, sentence: str, tmp_path: Path) -> None:
    path = _changed(tmp_path, model, feature_set)
    with pytest.raises(RecipeError) as told:
        read_checked_claim(path)
    assert sentence in str(told.value)
    assert str(told.value).startswith(path)


@pytest.mark.parametrize(
    ("model", "feature_set"),
    [("gru", "means180"), ("lstm", "mel-frames"), ("cnn2d", "mel-image"), ("two-step", "smile:eGeMAPSv02")],
)
def test_what_fits_is_taken(model: str, feature_set: str, tmp_path: Path) -> None:
    assert read_checked_claim(_changed(tmp_path, f'model = "{model}"', feature_set)).features.set == feature_set
