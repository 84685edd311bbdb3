"""Fit a model of features on labelled clips, with clear words where that cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import TrainingError, UsageError
from emotrace.learn.models._build import build_model, load_model, read_names
from emotrace.plural import plural
from emotrace.types import Utterance


def fit_classic(
    model: str,
    features: NDArray[np.float32],
    utterances: Sequence[Utterance],
    names: Sequence[str] = (),
    *,
    preset: str | None = None,
    **params: Any,
) -> Any:
    """Build a model and fit it.

    Parameters
    ----------
    model
        A family of `emotrace.learn.models` that takes a row of features, for instance ``svm``.
    features
        One row per clip, (n, n_features), finite.
    utterances
        The clips: their emotions, and for some families their speakers' sexes.
    names
        Of the features, for messages, and for families that read parameters from them.
    preset, **params
        As for `emotrace.learn.models._build.build_model`.

    Returns
    -------
    The fitted estimator; its ``classes_`` are emotions.

    Raises
    ------
    UnknownNameError, UsageError, MissingExtraError
        As `build_model`, and if features and clips do not match.
    TrainingError
        If the clips have one emotion only, features that are not finite, or a speaker of unknown sex whose sex is
        needed, or if the model refuses them.
    """
    module, told = load_model(model), read_names(model, names)
    estimator = build_model(model, preset, **{**told, **params})
    _check(features, utterances, names)
    emotions = np.array([u.emotion for u in utterances])
    sexes = {"sex": _sexes(model, utterances)} if getattr(module, "NEEDS_SEX", False) else {}
    try:
        return estimator.fit(np.asarray(features, dtype=np.float32), emotions, **sexes)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise TrainingError(
            f"the model '{model}' cannot be fitted on {len(emotions)} {plural(len(emotions), 'clip')}: {reason}"
        ) from None


def _check(features: NDArray[np.float32], utterances: Sequence[Utterance], names: Sequence[str]) -> None:
    if features.ndim != 2 or len(features) != len(utterances):
        raise UsageError(
            f"features must have one row per clip, shape ({len(utterances)}, n_features), got {features.shape}"
        )
    bad = np.argwhere(~np.isfinite(features))
    if len(bad):
        row, column = bad[0].tolist()
        name = names[column] if column < len(names) else f"number {column}"
        raise TrainingError(
            f"{utterances[row].file}: feature {name} is {features[row, column]}, and {len(bad) - 1} more are not "
            "finite; leave these clips out or mend the feature set"
        )
    emotions = sorted({u.emotion for u in utterances})
    if len(emotions) < 2:
        what = f"only the emotion {emotions[0]}" if emotions else "no emotion"
        raise TrainingError(
            f"the {len(utterances)} training clips have {what}; at least two are needed to tell apart"
        )


def _sexes(model: str, utterances: Sequence[Utterance]) -> list[str | None]:
    unknown = [u.file for u in utterances if u.sex not in ("female", "male")]
    if unknown:
        raise TrainingError(
            f"the model '{model}' needs the sex of every speaker, but it is not known of {len(unknown)} "
            f"{plural(len(unknown), 'clip')}, first {unknown[0]}; fill in the column 'sex' with female or male"
        )
    return [u.sex for u in utterances]
