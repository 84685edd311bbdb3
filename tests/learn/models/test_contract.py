"""What every model family promises, whoever wrote it: each kind of input has its own manners."""

from __future__ import annotations

import dataclasses
import inspect
from types import ModuleType

import numpy as np
import pytest
import torch

from emotrace import registry
from emotrace.errors import UsageError
from emotrace.learn.models._build import build_model
from emotrace.learn.models._space import Choice, Range


def names(*inputs: str) -> list[str]:
    return [name for name in registry.names("model") if registry.load("model", name).INPUT in inputs]


def test_every_family_says_what_it_hears():
    assert names("waveform", "features", "frames", "image") == registry.names("model")
    assert {"residual-cnn", "speech-net", "statistics-mlp", "two-views"} == set(names("waveform"))


class TestOfWaveforms:
    @pytest.fixture(params=names("waveform"))
    def model(self, request: pytest.FixtureRequest) -> ModuleType:
        return registry.load("model", request.param)

    @staticmethod
    def build(model: ModuleType) -> torch.nn.Module:
        torch.manual_seed(0)
        needs_labels = "n_labels" in {field.name for field in dataclasses.fields(model.Config)}
        return model.build(**({"n_labels": 3} if needs_labels else {})).eval()

    def test_config_is_frozen(self, model):
        assert model.Config.__dataclass_params__.frozen

    @pytest.mark.parametrize("n_frames", [24, 30, 187])
    def test_takes_frames_of_any_length(self, model, n_frames):
        # The speech detector sees no periodicity.
        n_columns = 64 if model.__name__.endswith("speech_net") else 128
        with torch.no_grad():
            logits = self.build(model)(torch.randn(2, n_frames, n_columns) * 10.0 - 50.0)
        assert logits.dtype == torch.float32
        assert logits.ndim == 2
        assert len(logits) == 2
        assert logits.isfinite().all()

    def test_is_built_the_same_from_the_same_seed(self, model):
        one, two = self.build(model).state_dict(), self.build(model).state_dict()
        assert all(torch.equal(one[name], two[name]) for name in one)

    def test_wrong_parameters_are_refused_by_name(self, model):
        with pytest.raises(TypeError, match="colour"):
            model.build(colour="red")

    def test_is_not_built_as_a_model_of_features(self, model):
        name = model.__name__.rsplit(".", 1)[-1].replace("_", "-")
        with pytest.raises(UsageError, match=f"'{name}' takes waveforms and is trained by `emotrace train`"):
            build_model(name)


class TestOfFeatures:
    @pytest.fixture(params=names("features", "frames", "image"))
    def name(self, request: pytest.FixtureRequest) -> str:
        return request.param

    @pytest.fixture
    def model(self, name: str) -> ModuleType:
        return registry.load("model", name)

    def test_is_built_unfitted_with_the_manners_of_scikit_learn(self, model):
        estimator = model.build()
        assert callable(estimator.fit)
        assert not hasattr(estimator, "classes_")
        assert estimator.get_params(deep=False)
        assert "to_onnx" in dir(model)

    def test_wrong_parameters_are_refused_by_name(self, model, name):
        with pytest.raises((TypeError, UsageError), match="colour"):
            model.build(colour="red")
        with pytest.raises(UsageError, match=r"the model '.*colour"):
            build_model(name, colour="red")

    def test_presets_can_be_built(self, name, model):
        for preset in model.PRESETS:
            assert hasattr(build_model(name, preset), "fit")

    def test_search_space_holds_values_that_can_be_built(self, model):
        rng = np.random.default_rng(0)
        spaces = [model.SEARCH_SPACE, *getattr(model, "REFERENCE_SPACES", {}).values()]
        for space in spaces:
            assert all(isinstance(part, Choice | Range) for part in space.values())
            parameters = inspect.signature(model.build).parameters
            takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
            assert takes_any or set(space) <= set(parameters)
            for _ in range(3):
                model.build(**{key: part.draw(rng) for key, part in space.items()})
