"""Things are found by their folder; a name that is not there is explained."""

from __future__ import annotations

import pytest

from emotrace import registry
from emotrace.errors import UnknownNameError


@pytest.mark.parametrize(
    ("kind", "some"),
    [
        ("corpus", {"ravdess", "ravdess-song", "crema-d", "tess", "savee", "emo-db", "emov-db"}),
        ("feature set", {"log-mel"}),
        ("model", {"residual-cnn", "speech-net"}),
        ("format", {"table", "json", "jsonl", "csv", "rttm", "textgrid", "audacity", "vtt", "emotionml"}),
    ],
)
def test_a_folder_is_a_list(kind, some):
    names = registry.names(kind)
    assert some <= set(names)
    assert names == sorted(names)
    assert not any(name.startswith("-") for name in names)
    for name in names:
        assert registry.load(kind, name).__doc__


def test_underscore_hyphen_and_case_are_the_same():
    assert registry.load("corpus", "CREMA_D") is registry.load("corpus", "crema-d")


def test_an_unknown_name_suggests_a_near_one():
    with pytest.raises(UnknownNameError, match="no corpus named 'ravdes'; did you mean 'ravdess'"):
        registry.load("corpus", "ravdes")


def test_every_feature_set_keeps_its_contract():
    modules = [registry.load("feature set", name) for name in registry.names("feature set")]
    for module in (module for module in modules if not hasattr(module, "configure")):
        assert module.SAMPLING_RATE > 0
        assert module.LEVEL in ("lld", "functionals", "image")
        assert len(set(module.NAMES)) == len(module.NAMES)
        assert callable(module.extract)
