"""Principal components of variance 1, against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from emotrace.errors import UsageError
from emotrace.learn.models._build import build_model
from emotrace.learn.models._whitening import BOUND, Whitening


def make_rows(n: int, n_features: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(n_features, n_features)) * np.exp(-np.arange(n_features) / 5.0)[:, None]
    return (rng.normal(size=(n, n_features)) @ mixing * rng.uniform(0.1, 50.0, n_features) + 7.0).astype(
        np.float32
    )


@pytest.mark.parametrize(("n", "n_features"), [(60, 25), (25, 60)], ids=["more clips", "more features"])
def test_agrees_with_scikit_learn(n, n_features):
    rows = np.clip(make_rows(n, n_features), -1e3, 1e3)
    found = Whitening(8).fit(rows).transform(rows)
    scaled = np.clip(StandardScaler().fit_transform(rows.astype(np.float64)), -BOUND, BOUND)
    expected = PCA(8, svd_solver="full", whiten=True).fit_transform(scaled)
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs * np.sqrt(n / (n - 1)), atol=1e-4)


def test_the_first_of_many_are_those_of_few():
    rows = make_rows(40, 100)
    many, few = (Whitening(n).fit(rows).transform(rows) for n in (20, 5))
    np.testing.assert_allclose(many[:, :5], few, atol=1e-9)


def test_no_more_components_than_there_are_and_none_of_rounding():
    rows = make_rows(12, 50)
    rows[:, 7] = 3.14
    components = Whitening(500).fit(rows).transform(rows)
    assert components.shape == (12, 11)
    np.testing.assert_allclose(components.T @ components / 12, np.eye(11), atol=1e-6)


def test_an_outlier_counts_no_more_than_its_bound():
    rows = make_rows(50, 10)
    whitening = Whitening(5).fit(rows)
    far, farther = rows[:1].copy(), rows[:1].copy()
    far[0, 3], farther[0, 3] = 1e6, 1e9
    np.testing.assert_array_equal(whitening.transform(far), whitening.transform(farther))


def test_wrong_settings_are_told():
    with pytest.raises(UsageError, match="'principal' cannot be built: n_components must be at least 1, got 0"):
        build_model("principal", n_components=0)
    with pytest.raises(UsageError, match="inner must not be 'per-sex', which needs to know the speakers' sex"):
        build_model("principal", inner="per-sex")
    with pytest.raises(UsageError, match="shrinkage must be 'auto', a number in"):
        build_model("linear-discriminant", shrinkage="much")
