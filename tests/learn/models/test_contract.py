"""What every model family promises, whoever wrote it."""

from __future__ import annotations

import dataclasses
from types import ModuleType

import pytest
import torch

from emotrace import registry


@pytest.fixture(params=registry.names("model"))
def model(request: pytest.FixtureRequest) -> ModuleType:
    return registry.load("model", request.param)


def build(model: ModuleType) -> torch.nn.Module:
    torch.manual_seed(0)
    needs_labels = "n_labels" in {field.name for field in dataclasses.fields(model.Config)}
    return model.build(**({"n_labels": 3} if needs_labels else {})).eval()


def test_config_is_frozen(model):
    assert model.Config.__dataclass_params__.frozen


@pytest.mark.parametrize("n_frames", [24, 30, 187])
def test_takes_log_mels_of_any_length(model, n_frames):
    with torch.no_grad():
        logits = build(model)(torch.randn(2, n_frames, 64) * 10.0 - 50.0)
    assert logits.dtype == torch.float32
    assert logits.ndim == 2
    assert len(logits) == 2
    assert logits.isfinite().all()


def test_is_built_the_same_from_the_same_seed(model):
    one, two = build(model).state_dict(), build(model).state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_wrong_parameters_are_refused_by_name(model):
    with pytest.raises(TypeError, match="colour"):
        model.build(colour="red")
