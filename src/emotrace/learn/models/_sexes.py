"""Estimators that hear women and men apart: per sex, jointly, or one step after the other.

They wrap another family's estimator, and in ``fit`` want the sex of every clip's speaker beside its emotion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from emotrace.errors import TrainingError, UsageError
from emotrace.labels import SEXES
from emotrace.learn.models._build import export_model
from emotrace.learn.models._onnx_graph import Graph

Sexes = Sequence[str | None]
FloatArray = NDArray[np.float64]


class _Emotions(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Names the most probable emotion."""

    classes_: NDArray[np.str_]

    def predict_proba(self, features: ArrayLike) -> FloatArray:
        """Give the probabilities of `classes_`, (n, n_classes)."""
        raise NotImplementedError

    def predict(self, features: ArrayLike) -> NDArray[np.str_]:
        """Give the most probable emotions, (n,)."""
        named: NDArray[np.str_] = self.classes_[self.predict_proba(features).argmax(axis=1)]
        return named


class PerSex(_Emotions):
    """Two emotion models, of which the speaker's sex chooses; where it is not known, their mean.

    Parameters
    ----------
    estimator
        Unfitted; a copy is fitted for each sex.
    model
        The name of its family.
    """

    def __init__(self, estimator: Any, model: str) -> None:
        self.estimator, self.model = estimator, model

    def fit(self, features: ArrayLike, emotions: Sequence[str], sex: Sexes) -> PerSex:
        """Fit each sex's model on its own clips."""
        self.classes_ = np.unique(emotions)
        self.estimators_ = fit_each(self.estimator, features, emotions, sex)
        return self

    def predict_proba(self, features: ArrayLike, sex: Sexes | None = None) -> FloatArray:
        """Give probabilities, (n, n_classes), by the model of each row's ``sex``; None: by the mean of both."""
        of_sex = [_aligned(self.estimators_[name], features, self.classes_) for name in SEXES]
        if sex is None:
            return np.asarray(np.mean(of_sex, axis=0))
        shares = np.array(
            [[0.5, 0.5] if name is None else [name == s for s in SEXES] for name in sex], dtype=float
        )
        return np.asarray(np.einsum("sne,ns->ne", of_sex, shares))

    def only(self, sex: str) -> Any:
        """Give one sex's fitted model, to be used and exported by itself.

        Raises
        ------
        UsageError
            If ``sex`` is neither ``female`` nor ``male``.
        """
        _require_sexes([sex])
        return self.estimators_[sex]

    def to_onnx(self, n_features: int) -> onnx.ModelProto:
        """Give the graph for a speaker whose sex is not known."""
        graph = Graph()
        of_sex = embed_each(graph, self.model, self.estimators_, n_features, self.classes_)
        half = graph.constant(0.5, np.float32)
        return graph.finish(graph.add("Mul", graph.add("Sum", *of_sex), half), n_features, len(self.classes_))


class SexEmotion(_Emotions):
    """One model of all pairs of sex and emotion, its probabilities folded back to emotions.

    Parameters
    ----------
    estimator, model
        As for `PerSex`.
    """

    def __init__(self, estimator: Any, model: str) -> None:
        self.estimator, self.model = estimator, model

    def fit(self, features: ArrayLike, emotions: Sequence[str], sex: Sexes) -> SexEmotion:
        """Fit the model on labels such as ``female_anger``."""
        _require_sexes(sex)
        labels = [f"{name}_{emotion}" for name, emotion in zip(sex, emotions, strict=True)]
        self.classes_ = np.unique(emotions)
        self.estimator_ = clone(self.estimator).fit(features, labels)
        self.joint_classes_ = self.estimator_.classes_
        return self

    def predict_joint_proba(self, features: ArrayLike) -> FloatArray:
        """Give the probabilities of `joint_classes_`."""
        return np.asarray(self.estimator_.predict_proba(features))

    def predict_proba(self, features: ArrayLike) -> FloatArray:
        """Give the probabilities of emotions, whoever speaks."""
        return self.predict_joint_proba(features) @ self._emotion_of

    def predict_sex_proba(self, features: ArrayLike) -> FloatArray:
        """Give the probabilities of female and male, whatever the emotion."""
        is_sex = np.array([[label.startswith(f"{sex}_") for sex in SEXES] for label in self.joint_classes_])
        return self.predict_joint_proba(features) @ is_sex.astype(np.float64)

    def to_onnx(self, n_features: int) -> onnx.ModelProto:
        """Give the graph from features to the probabilities of emotions."""
        graph = Graph()
        joint = graph.embed(export_model(self.model, self.estimator_, n_features))
        folded = graph.add("MatMul", joint, graph.constant(self._emotion_of, np.float32))
        return graph.finish(folded, n_features, len(self.classes_))

    @property
    def _emotion_of(self) -> FloatArray:
        """1 where a joint label (row) is of an emotion (column)."""
        emotions = [label.partition("_")[2] for label in self.joint_classes_]
        return np.array([[emotion == e for e in self.classes_] for emotion in emotions], dtype=np.float64)


class TwoStep(_Emotions):
    """First who speaks, a woman or a man, then the emotion by the model of that sex.

    Parameters
    ----------
    estimator, model
        As for `PerSex`.
    sex_estimator, sex_model
        Unfitted estimator that tells women from men, and its family.
    mixing
        ``soft``: the two emotion models are mixed by the probabilities of the sexes; ``hard``: the more probable
        sex alone decides.
    """

    def __init__(
        self, estimator: Any, model: str, sex_estimator: Any, sex_model: str, mixing: str = "soft"
    ) -> None:
        self.estimator, self.model = estimator, model
        self.sex_estimator, self.sex_model = sex_estimator, sex_model
        self.mixing = mixing

    def fit(self, features: ArrayLike, emotions: Sequence[str], sex: Sexes) -> TwoStep:
        """Fit the sex model on all clips, and each sex's emotion model on its own."""
        self.classes_ = np.unique(emotions)
        self.estimators_ = fit_each(self.estimator, features, emotions, sex)
        self.sex_estimator_ = clone(self.sex_estimator).fit(features, list(sex))
        return self

    def predict_sex_proba(self, features: ArrayLike) -> FloatArray:
        """Give the probabilities of female and male, (n, 2)."""
        return np.asarray(self.sex_estimator_.predict_proba(features))

    def predict_proba(self, features: ArrayLike) -> FloatArray:
        """Give the probabilities of emotions."""
        shares = self.predict_sex_proba(features)
        if self.mixing == "hard":
            is_female = shares[:, :1] >= 0.5
            shares = np.hstack([is_female, ~is_female]).astype(np.float64)
        of_sex = [_aligned(self.estimators_[name], features, self.classes_) for name in SEXES]
        return np.asarray(np.einsum("sne,ns->ne", of_sex, shares))

    def to_onnx(self, n_features: int) -> onnx.ModelProto:
        """Give the graph from features to the probabilities of emotions."""
        graph = Graph()
        shares = graph.embed(export_model(self.sex_model, self.sex_estimator_, n_features))
        female = graph.add("Gather", shares, graph.constant([0], np.int64), axis=1)
        if self.mixing == "hard":
            is_female = graph.add("GreaterOrEqual", female, graph.constant(0.5, np.float32))
            female = graph.to_float(is_female)
        male = graph.add("Sub", graph.constant(1.0, np.float32), female)
        of_sex = embed_each(graph, self.model, self.estimators_, n_features, self.classes_)
        parts = [graph.add("Mul", share, part) for share, part in zip((female, male), of_sex, strict=True)]
        return graph.finish(graph.add("Sum", *parts), n_features, len(self.classes_))


def fit_each(estimator: Any, features: ArrayLike, emotions: Sequence[str], sex: Sexes) -> dict[str, Any]:
    """Fit a copy of an estimator on the clips of each sex.

    Raises
    ------
    UsageError
        If a clip has no sex, or a sex has not two emotions.
    TrainingError
        If the estimator refuses the clips of one sex.
    """
    _require_sexes(sex)
    rows, labels, sexes = np.asarray(features), np.asarray(emotions), np.asarray(sex)
    fitted = {}
    for name in SEXES:
        own = sexes == name
        if len(np.unique(labels[own])) < 2:
            raise UsageError(
                f"a model for each sex needs clips of at least two emotions by {name} speakers, there are "
                f"{int(own.sum())} clips of {len(np.unique(labels[own]))}; use a model that does not tell the "
                "sexes apart"
            )
        try:
            fitted[name] = clone(estimator).fit(rows[own], labels[own])
        except TrainingError as error:
            raise TrainingError(f"the clips of {name} speakers alone: {error}") from None
    return fitted


def embed_each(
    graph: Graph, model: str, estimators: Mapping[str, Any], n_features: int, classes: NDArray[np.str_]
) -> list[str]:
    """Take both sexes' models into a graph; give the names of their probabilities of ``classes``."""
    outputs = []
    for name in SEXES:
        own = graph.embed(export_model(model, estimators[name], n_features))
        placed = graph.constant(_places(estimators[name].classes_, classes), np.float32)
        outputs.append(graph.add("MatMul", own, placed))
    return outputs


def _aligned(estimator: Any, features: ArrayLike, classes: NDArray[np.str_]) -> FloatArray:
    """Give probabilities of ``classes``, 0 for one that the estimator has never heard."""
    return np.asarray(estimator.predict_proba(features) @ _places(estimator.classes_, classes))


def _places(own: NDArray[np.str_], classes: NDArray[np.str_]) -> FloatArray:
    """1 where an estimator's own class (row) is one of ``classes`` (column)."""
    return np.asarray(own[:, np.newaxis] == classes[np.newaxis], dtype=np.float64)


def _require_sexes(sex: Sexes) -> None:
    for place, name in enumerate(sex):
        if name not in SEXES:
            raise UsageError(
                f"clip {place} has the sex {name!r}; models that tell women from men need every clip to be of a "
                "'female' or 'male' speaker: fill in the column 'sex'"
            )
