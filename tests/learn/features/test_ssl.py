"""Self-supervised encoders, on small random checkpoints made here: no hub is asked for anything."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.made_checkpoints import FAMILIES, N_LAYERS, WIDTH, write_checkpoint

from emotrace.errors import MissingExtraError, UsageError
from emotrace.features._feature_set import load_feature_set
from emotrace.learn.features import ssl
from emotrace.learn.table._fingerprint import fingerprint

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

RATE = 16_000

Make = Callable[..., Path]


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Give the folder of a random checkpoint of a family, always the same."""
    made: dict[str, Path] = {}

    def make(family: str) -> Path:
        if family not in made:
            made[family] = write_checkpoint(family, tmp_path_factory.mktemp("checkpoints") / family)
        return made[family]

    return make


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    t = np.arange(RATE) / RATE
    return (0.3 * np.sin(2 * np.pi * 150 * t) * np.sin(4 * t)).astype(np.float32)


def by_hand(folder: Path, signal: np.ndarray) -> list[np.ndarray]:
    """Give the hidden states as transformers' own documentation does."""
    model = transformers.AutoModel.from_pretrained(folder).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    given = extractor(signal, sampling_rate=RATE, return_tensors="pt")
    with torch.no_grad():
        if "input_features" in given:
            states = model.encoder(given["input_features"], output_hidden_states=True).hidden_states
            # 100 frames of 10 ms a second, two of them together.
            return [state[0, : int(np.ceil(signal.size / 320))].numpy() for state in states]
        return [
            state[0].numpy() for state in model(given["input_values"], output_hidden_states=True).hidden_states
        ]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_its_layers_averaged(checkpoint, voice, family):
    states = by_hand(checkpoint(family), voice)
    assert len(states) == N_LAYERS + 1
    last = load_feature_set(f"ssl:{checkpoint(family)}")
    assert (last.level, last.sampling_rate) == ("functionals", RATE)
    assert last.names[0] == "layer_03_mean_0001"
    np.testing.assert_allclose(last.extract(voice, RATE), states[-1].mean(axis=0), rtol=1e-4, atol=1e-5)
    second = load_feature_set(f"ssl:{checkpoint(family)}@layer=2,pool=mean+std")
    expected = np.concatenate([states[2].mean(axis=0), states[2].std(axis=0)])
    np.testing.assert_allclose(second.extract(voice, RATE), expected, rtol=1e-4, atol=1e-5)
    assert second.names[WIDTH - 1 : WIDTH + 1] == ("layer_02_mean_0016", "layer_02_std_0001")


def test_all_layers_stand_side_by_side_for_models_that_weigh_them(checkpoint, voice):
    folder = checkpoint("wavlm")
    everything = load_feature_set(f"ssl:{folder}@layer=all").extract(voice, RATE).reshape(N_LAYERS + 1, WIDTH)
    for layer in range(N_LAYERS + 1):
        np.testing.assert_allclose(
            everything[layer], load_feature_set(f"ssl:{folder}@layer={layer}").extract(voice, RATE), rtol=1e-6
        )


@pytest.mark.parametrize("family", ["wav2vec2", "whisper"])
@pytest.mark.parametrize("n_samples", [1, 300, 400, 5_001])
def test_short_and_silent_signals_give_finite_numbers(checkpoint, voice, family, n_samples):
    extract = load_feature_set(f"ssl:{checkpoint(family)}@pool=mean+std").extract
    for signal in (voice[:n_samples], np.zeros(n_samples, np.float32)):
        values = extract(signal, RATE)
        assert values.dtype == np.float32
        assert np.isfinite(values).all()


def test_long_signals_are_heard_in_stretches(checkpoint, voice):
    folder = checkpoint("whisper")
    long = np.tile(voice, 40)
    extract = load_feature_set(f"ssl:{folder}").extract
    parts = [by_hand(folder, part)[-1] for part in np.array_split(long, 2)]
    np.testing.assert_allclose(extract(long, RATE), np.concatenate(parts).mean(axis=0), rtol=1e-4, atol=1e-5)


def test_padding_of_whisper_is_not_averaged(checkpoint, voice):
    checkpoint_ = ssl._find(str(checkpoint("whisper")), dict(ssl._DEFAULTS))
    assert ssl.hidden_states(checkpoint_, voice)[0].shape == (50, WIDTH)


def test_weights_that_change_change_the_fingerprint_and_are_read_again(tmp_path, voice):
    folder = write_checkpoint("hubert", tmp_path / "model")
    features = load_feature_set(f"ssl:{folder}")
    before, text = features.extract(voice, RATE), fingerprint(features, None)
    np.testing.assert_array_equal(features.extract(voice, RATE), before)
    write_checkpoint("hubert", folder, seed=1)
    assert fingerprint(features, None) != text
    assert not np.allclose(features.extract(voice, RATE), before, rtol=1e-3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("layer=4", "layer is '4'; this checkpoint has 0 to 3, last and all"),
        ("layer=-1", "layer is '-1'; this checkpoint has 0 to 3"),
        ("pool=max", "pool is 'max'; it must be mean or mean+std"),
        ("lyer=3", "no option 'lyer'; did you mean 'layer'?"),
        ("3", "after '@' come options such as layer=9,pool=mean+std, got '3'"),
        ("layer=", "after '@' come options"),
        ("layer=weighted", "layers are learned by a model: take layer=all, and the model 'weighted-layers'"),
        ("download=maybe", "download is 'maybe'; it must be no or yes"),
    ],
)
def test_options_that_are_wrong_say_what_is_allowed(checkpoint, options, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        load_feature_set(f"ssl:{checkpoint('wav2vec2')}@{options}")


def test_a_device_that_is_not_there_is_told(checkpoint, voice):
    features = load_feature_set(f"ssl:{checkpoint('wav2vec2')}@device=nonsense")
    with pytest.raises(UsageError, match="cannot use device 'nonsense'"):
        features.extract(voice, RATE)


def test_nothing_is_fetched_unless_asked(monkeypatch, tmp_path):
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("something was looked for on the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    with pytest.raises(UsageError, match=r"no such folder, .* allow the download: ssl:nobody/none@download=yes$"):
        load_feature_set("ssl:nobody/none")


def test_pickled_weights_are_refused(checkpoint, tmp_path):
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((checkpoint("wav2vec2") / name).read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UsageError, match=r"no \*\.safetensors in .*; pickled weights .* are not read"):
        load_feature_set(f"ssl:{tmp_path}")


def test_a_folder_that_hears_nothing_is_told(checkpoint, tmp_path):
    (tmp_path / "model.safetensors").write_bytes((checkpoint("wav2vec2") / "model.safetensors").read_bytes())
    with pytest.raises(UsageError, match=r"holds no speech encoder with its config\.json and preprocessor_config"):
        load_feature_set(f"ssl:{tmp_path}")


def test_a_checkpoint_that_lacks_weights_is_refused(checkpoint, tmp_path, voice):
    folder = checkpoint("wav2vec2")
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "num_hidden_layers": N_LAYERS + 1}))
    with pytest.raises(UsageError, match=r"weights are missing, first encoder\.layers\.3"):
        load_feature_set(f"ssl:{tmp_path}").extract(voice, RATE)


def test_errors_say_what_is_wanted(checkpoint, voice):
    extract = load_feature_set(f"ssl:{checkpoint('wav2vec2')}").extract
    with pytest.raises(ValueError, match="is defined at 16000 Hz, got 8000 Hz; resample first"):
        extract(voice, 8_000)
    with pytest.raises(ValueError, match="NaN or infinite: 16000 of 16000"):
        extract(np.full(RATE, np.nan, np.float32), RATE)


@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_without_its_libraries_the_extra_is_named(monkeypatch, tmp_path, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match="self-supervised encoder needs the extra 'ssl': pip install"):
        ssl.configure(str(tmp_path))
