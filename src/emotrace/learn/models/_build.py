"""The door to the models of features: a name, perhaps a preset, and parameters in; an unfitted estimator out.

A family says by ``INPUT`` what a clip is to it: ``features`` (a row), ``frames``, ``image``, or the ``waveform``
itself. All but the last are scikit-learn estimators that are built here.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import onnx

from emotrace import registry
from emotrace.errors import MissingExtraError, UnknownNameError, UsageError, suggest


def load_model(name: str) -> ModuleType:
    """Import a family that takes features, frames or images.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    UsageError
        If the family takes waveforms.
    MissingExtraError
        If the library it is made of is not installed.

    >>> load_model("random-forest").INPUT
    'features'
    """
    try:
        module = registry.load("model", name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"the model '{name}' (no module '{error.name}')", "train") from None
    if module.INPUT == "waveform":
        raise UsageError(
            f"the model '{name}' takes waveforms and is trained by `emotrace train`; "
            "models of features are for instance svm, mlp and random-forest"
        )
    return module


def build_model(name: str, preset: str | None = None, **params: Any) -> Any:
    """Build an unfitted estimator.

    Parameters
    ----------
    name
        Of the family, for instance ``svm`` or ``two-step``.
    preset
        Named settings of a reference project, from the family's ``PRESETS``.
    **params
        Of the family's ``build``; they win over the preset's.

    Raises
    ------
    UnknownNameError, UsageError, MissingExtraError
        If there is no such family, preset or parameter, a value is refused, or a library is missing.

    >>> build_model("mlp", preset="s4")[-1].alpha
    0.376851
    """
    module = load_model(name)
    settings = {**preset_settings(name, preset), **params}
    known = inspect.signature(module.build).parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())
    for key in settings:
        if key not in known and not takes_any:
            raise UsageError(f"the model '{name}' has no parameter '{key}'; {suggest(key, known)}")
    try:
        estimator = module.build(**settings)
        _require_valid(estimator)
    except (TypeError, ValueError) as error:
        raise UsageError(f"the model '{name}' cannot be built: {error}") from None
    return estimator


def _require_valid(estimator: Any) -> None:
    """Ask scikit-learn now what it would ask when it fits: whether its parameters are what they may be."""
    parts = estimator.get_params(deep=True).values() if hasattr(estimator, "get_params") else ()
    for part in (estimator, *parts):
        if hasattr(part, "_parameter_constraints") and not isinstance(part, type):
            part._validate_params()


def read_names(name: str, names: Sequence[str]) -> dict[str, Any]:
    """Give the parameters that the family ``name`` reads from the names of its features; most read none.

    >>> read_names("svm", ["rms_mean", "zcr_mean"])
    {}
    """
    module = load_model(name)
    params: dict[str, Any] = module.read_names(names) if hasattr(module, "read_names") else {}
    return params


def is_network(estimator: Any) -> bool:
    """Say whether an estimator is trained in epochs, and keeps where it is in a folder.

    >>> is_network(build_model("svm"))
    False
    """
    # Asking for the class would import PyTorch for every model that needs none.
    return "folder" in inspect.signature(estimator.fit).parameters


def export_model(name: str, estimator: Any, n_features: int | tuple[int, ...]) -> onnx.ModelProto:
    """Give the ONNX graph of a fitted estimator of the family ``name``; networks may want a shape of features."""
    model: onnx.ModelProto = load_model(name).to_onnx(estimator, n_features)
    return model


def preset_settings(name: str, preset: str | None) -> dict[str, Any]:
    """Give the settings of a preset of a family, none without a preset.

    Raises
    ------
    UnknownNameError
        If the family has no such preset.
    """
    if preset is None:
        return {}
    module = load_model(name)
    if preset not in module.PRESETS:
        raise UnknownNameError(f"preset of the model '{name}'", preset, module.PRESETS)
    return dict(module.PRESETS[preset])
