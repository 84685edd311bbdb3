"""The models of rows of features: they learn, and their graphs say what they say."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from emotrace import registry
from emotrace.errors import UnknownNameError, UsageError
from emotrace.learn.models._build import build_model, export_model, load_model
from emotrace.learn.models._onnx_graph import Graph
from emotrace.learn.models._trees import _round_down

SMALL: dict[str, dict[str, Any]] = {
    "extra-trees": {"n_estimators": 20},
    "gradient-boosting": {"n_estimators": 15},
    "knn": {},
    "light-gbm": {"n_estimators": 20},
    "linear-discriminant": {},
    "logistic": {},
    "mlp": {"hidden_layer_sizes": 8, "solver": "lbfgs"},
    "per-sex": {"inner": "logistic"},
    "principal": {"n_components": 8},
    "random-forest": {"n_estimators": 20},
    "sex-emotion": {"inner": "logistic"},
    "soft-voting": {"members": {"logistic": {}, "extra-trees": {"n_estimators": 10}}},
    "svm": {},
    "tree": {},
    "two-step": {"inner": "logistic", "sex_model": "tree"},
}
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("knn", {"weights": "uniform", "n_neighbors": 3}),
    ("knn", {"n_neighbors": 3, "scaled": False}),
    ("logistic", {"solver": "saga", "l1_ratio": 1.0, "C": 1.0}),
    ("logistic", {"solver": "saga", "l1_ratio": 0.5, "C": 1.0, "scaled": True}),
    ("mlp", {"hidden_layer_sizes": [8, 5], "activation": "tanh", "solver": "lbfgs"}),
    ("mlp", {"hidden_layer_sizes": 8, "activation": "logistic", "solver": "lbfgs"}),
    ("svm", {"kernel": "linear", "class_weight": None}),
    ("random-forest", {"criterion": "entropy", "max_depth": 4, "class_weight": None, "n_estimators": 10}),
    ("linear-discriminant", {"shrinkage": 0.1, "scaled": True}),
    ("per-sex", {"inner": "light-gbm", "n_estimators": 10}),
    ("principal", {"n_components": 500, "inner": "logistic", "C": 1.0}),
    ("sex-emotion", {"inner": "tree"}),
    ("two-step", {"inner": "svm", "mixing": "hard", "sex_model": "logistic"}),
]
EMOTIONS = ("anger", "calm", "fear", "happiness", "sadness")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small matrices on many threads mostly wait for one another."""
    with threadpool_limits(1):
        yield


def make_clips(n_classes: int = 4, n: int = 160, seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Make features of very different sizes, as real ones have, that tell emotions and sexes in part."""
    rng = np.random.default_rng(seed)
    places = np.random.default_rng(99)
    sizes, offsets = np.exp(places.uniform(-8, 6, 12)), np.exp(places.uniform(-3, 7, 12))
    centres, of_sex = places.normal(0, 1.2, (n_classes, 12)), places.normal(0, 1.5, (2, 12))
    truth, sex = np.arange(n) % n_classes, (np.arange(n) // n_classes) % 2
    rows = rng.normal(size=(n, 12)) + centres[truth] + of_sex[sex]
    emotions = np.array(EMOTIONS)[truth]
    return (rows * sizes + offsets).astype(np.float32), emotions, [("female", "male")[s] for s in sex]


def fit(name: str, params: dict[str, Any], clips: tuple[np.ndarray, np.ndarray, list[str]]) -> Any:
    rows, emotions, sex = clips
    estimator = build_model(name, **params)
    needs_sex = getattr(load_model(name), "NEEDS_SEX", False)
    return estimator.fit(rows, emotions, sex=sex) if needs_sex else estimator.fit(rows, emotions)


def run(model: onnx.ModelProto, rows: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    assert [(i.name, i.type) for i in session.get_inputs()] == [("features", "tensor(float)")]
    assert [o.name for o in session.get_outputs()] == ["probabilities"]
    (given,) = session.run(None, {"features": rows.astype(np.float32)})
    return given


def assert_parity(name: str, estimator: Any, rows: np.ndarray) -> None:
    model = export_model(name, estimator, rows.shape[1])
    given = run(model, rows)
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, estimator.predict_proba(rows), atol=1e-4)
    np.testing.assert_allclose(given.sum(axis=1), 1.0, atol=1e-4)
    # One clip alone is judged as among others.
    np.testing.assert_allclose(run(model, rows[:1]), given[:1], atol=1e-6)


def test_every_family_of_rows_is_tried_here():
    rows_only = {
        name
        for name in registry.names("model")
        if registry.load("model", name).INPUT == "features" and not hasattr(build_model(name), "RANKS")
    }
    assert set(SMALL) == rows_only


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("name", SMALL)
def test_graph_gives_the_probabilities_of_the_estimator(name, n_classes):
    clips = make_clips(n_classes)
    estimator = fit(name, SMALL[name], clips)
    assert estimator.classes_.tolist() == sorted(set(clips[1]))
    # Training clips lie on thresholds and at distance 0, others between.
    assert_parity(name, estimator, np.concatenate([clips[0], make_clips(n_classes, seed=1)[0]]))


@pytest.mark.parametrize(("name", "params"), OTHERS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(OTHERS)])
def test_graph_under_other_settings(name, params):
    clips = make_clips()
    assert_parity(name, fit(name, params, clips), np.concatenate([clips[0], make_clips(seed=1)[0]]))


@pytest.mark.parametrize("name", SMALL)
def test_learns_is_repeatable_and_takes_what_a_bundle_takes(name):
    clips = make_clips()
    estimator = fit(name, SMALL[name], clips)
    rows, emotions, _ = make_clips(n=80, seed=1)
    assert np.mean(estimator.predict(rows) == emotions) > 0.5  # a quarter by chance
    again = fit(name, SMALL[name], clips)
    np.testing.assert_array_equal(again.predict_proba(rows), estimator.predict_proba(rows))
    # Digits that 32 bits do not hold change nothing: a graph would not see them.
    wider = rows.astype(np.float64) * (1.0 + 1e-9)
    np.testing.assert_array_equal(estimator.predict_proba(wider), estimator.predict_proba(rows))


@pytest.mark.parametrize("name", SMALL)
def test_graph_has_no_words_and_standard_operators(name):
    model = export_model(name, fit(name, SMALL[name], make_clips()), 12)
    onnx.checker.check_model(model, full_check=True)
    assert {(o.domain, o.version) for o in model.opset_import} == {("", 17), ("ai.onnx.ml", 3)}
    assert b"anger" not in model.SerializeToString()
    shape = model.graph.output[0].type.tensor_type.shape.dim
    assert (shape[0].dim_param, shape[1].dim_value) == ("batch", 4)
    assert (
        model.SerializeToString()
        == export_model(name, fit(name, SMALL[name], make_clips()), 12).SerializeToString()
    )


def test_scaling_happens_inside_and_only_where_it_is_asked_for():
    rows, emotions, _ = make_clips()
    estimator = build_model("svm").fit(rows, emotions)
    np.testing.assert_allclose(estimator.named_steps["scale"].mean_, rows.mean(axis=0, dtype=np.float64))
    assert "scale" not in build_model("svm", scaled=False).named_steps
    assert "scale" not in build_model("random-forest").named_steps


def test_learner_stands_last():
    rows, emotions, _ = make_clips()
    forest = build_model("random-forest", n_estimators=5).fit(rows, emotions)
    assert forest[-1].feature_importances_.shape == (12,)
    assert clone(forest)[-1].get_params() == forest[-1].get_params()


@given(
    threshold=st.floats(-(2.0**100), 2.0**100),
    feature=st.floats(-(2.0**100), 2.0**100, width=32) | st.none(),
    steps=st.integers(-2, 2),
)
@settings(max_examples=300)
def test_a_threshold_rounded_down_parts_32_bit_features_as_before(threshold, feature, steps):
    # Features nearest to the threshold are where it matters.
    value = np.float32(threshold if feature is None else feature)
    for _ in range(abs(steps)):
        value = np.nextafter(value, np.float32(np.copysign(np.inf, steps)))
    assert (float(value) <= threshold) == bool(value <= np.float32(_round_down(threshold)))


@pytest.mark.parametrize("name", ["tree", "random-forest", "extra-trees", "gradient-boosting", "light-gbm"])
def test_trees_agree_where_neighbouring_features_are_one_step_apart(name):
    # 64 values in a row of 32-bit numbers: every threshold lies between two neighbours.
    values = [np.float32(617.6)]
    for _ in range(63):
        values.append(np.nextafter(values[-1], np.float32(np.inf)))
    rows = np.repeat(np.array(values, dtype=np.float32)[:, np.newaxis], 3, axis=0)
    emotions = np.where(np.arange(64).repeat(3) % 8 < 4, "anger", "fear")
    params = {"min_child_samples": 1} if name == "light-gbm" else {}
    assert_parity(name, build_model(name, **params).fit(rows, emotions), rows)


def test_support_vector_machine_is_that_of_the_library():
    clips = make_clips()
    estimator = fit("svm", {"C": 2.0, "class_weight": None}, clips)
    single = estimator.named_steps["single"].transform(clips[0])
    plain = SVC(C=2.0).fit(estimator.named_steps["scale"].transform(single), clips[1])
    machine = estimator[-1].calibrated_classifiers_[0].estimator
    np.testing.assert_allclose(
        machine.decision_function(estimator[:-1].transform(clips[0])),
        plain.decision_function(estimator[:-1].transform(clips[0])),
    )


def test_soft_voting_is_the_mean_of_its_members():
    clips = make_clips()
    rows = make_clips(seed=1)[0]
    voting = fit("soft-voting", SMALL["soft-voting"], clips)
    members = [fit("logistic", {}, clips), fit("extra-trees", {"n_estimators": 10}, clips)]
    mean = np.mean([member.predict_proba(rows) for member in members], axis=0)
    np.testing.assert_allclose(voting.predict_proba(rows), mean, atol=1e-12)


PUBLISHED = [
    (
        "mlp",
        "s2",
        {"alpha": 0.01, "batch_size": 32, "epsilon": 1e-8, "hidden_layer_sizes": (300,), "max_iter": 500},
    ),
    ("mlp", "s1", {"alpha": 0.01, "batch_size": 256, "learning_rate": "adaptive", "max_iter": 400}),
    ("mlp", "s3-grid-male", {"activation": "tanh", "alpha": 1.4, "hidden_layer_sizes": (600,), "solver": "adam"}),
    ("mlp", "s3-random-female", {"alpha": 0.4333, "hidden_layer_sizes": (1200,), "learning_rate_init": 1e-4}),
    ("mlp", "s3-random-male", {"alpha": 1.135, "learning_rate_init": 2.5e-4, "solver": "lbfgs"}),
    (
        "mlp",
        "s4",
        {"activation": "logistic", "solver": "lbfgs", "hidden_layer_sizes": (880,), "learning_rate": "invscaling"},
    ),
    ("random-forest", "s4", {"n_estimators": 650, "max_depth": 85, "criterion": "entropy", "class_weight": None}),
    ("logistic", "s4", {"solver": "saga", "C": 1.0, "max_iter": 10_000, "class_weight": None}),
    ("knn", "s1", {"n_neighbors": 3}),
]


@pytest.mark.parametrize(("name", "preset", "wanted"), PUBLISHED, ids=[f"{n}-{p}" for n, p, _ in PUBLISHED])
def test_presets_are_the_published_settings(name, preset, wanted):
    given = build_model(name, preset)[-1].get_params()
    assert {key: given[key] for key in wanted} == wanted


def test_the_picture_sessions_perceptron_is_not_scaled_and_votes_are_s4s():
    assert "scale" not in build_model("mlp", "s2").named_steps
    voting = dict(build_model("soft-voting", "s4", random_state=7).estimators)
    assert (voting["random-forest"][-1].criterion, voting["random-forest"][-1].n_estimators) == ("gini", 650)
    assert voting["mlp"][-1].hidden_layer_sizes == (880,)
    assert {member[-1].random_state for member in voting.values()} == {7}


def test_parameters_win_over_presets():
    assert build_model("mlp", "s4", hidden_layer_sizes=9)[-1].hidden_layer_sizes == (9,)


def test_unknown_names_get_a_suggestion():
    with pytest.raises(UnknownNameError, match=r"no model named 'random-forst'; did you mean 'random-forest'\?"):
        build_model("random-forst")
    with pytest.raises(UnknownNameError, match=r"no preset of the model 'mlp' named 's5'; did you mean 's4'\?|s1"):
        build_model("mlp", "s5")
    with pytest.raises(UsageError, match=r"'knn' has no parameter 'n_neighbours'; did you mean 'n_neighbors'\?"):
        build_model("knn", n_neighbours=3)
    with pytest.raises(UsageError, match=r"'svm' cannot be built: kernel must be 'rbf' or 'linear', got 'poly'"):
        build_model("svm", kernel="poly")
    with pytest.raises(
        UsageError, match=r"'two-step' cannot be built: mixing must be 'soft' or 'hard', got 'mild'"
    ):
        build_model("two-step", mixing="mild")
    with pytest.raises(UsageError, match=r"members must name at least two models, got knn"):
        build_model("soft-voting", members={"knn": {}})
    with pytest.raises(
        UsageError, match=r"members must not name 'two-step', which needs to know the speakers' sex"
    ):
        build_model("soft-voting", members={"knn": {}, "two-step": {}})


def test_embedding_refuses_what_it_could_not_join():
    other = fit("tree", {}, make_clips())
    model = export_model("tree", other, 12)
    model.opset_import[0].version = 18
    with pytest.raises(ValueError, match="must use the operators"):
        Graph().embed(model)


def test_neighbours_outnumbering_the_clips_are_all_asked():
    rows, emotions, _ = make_clips(n=8)
    few = build_model("knn", n_neighbors=8, weights="uniform").fit(rows, emotions)
    assert_parity("knn", few, rows)
    assert isinstance(few[-1], KNeighborsClassifier)


@pytest.mark.corpora
@pytest.mark.skipif("EMOTRACE_CORPORA" not in os.environ, reason="EMOTRACE_CORPORA is not set")
@pytest.mark.parametrize("name", ["knn", "logistic", "svm", "random-forest", "light-gbm", "two-step"])
def test_parity_on_real_speech(name, real_table):
    features, emotions, sex = real_table
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator = fit(name, SMALL[name], (features[::2], emotions[::2], sex[::2]))
    assert_parity(name, estimator, features)


@pytest.fixture(scope="module")
def real_table() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The 184 means of four RAVDESS actors."""
    from emotrace.features._front_end import FrontEnd, describe_front_end
    from emotrace.learn.corpora._scan import scan
    from emotrace.learn.training.export_classic import hear_features

    root = Path(os.environ["EMOTRACE_CORPORA"]) / "ravdess"
    if not root.is_dir():
        pytest.skip("no ravdess under EMOTRACE_CORPORA")
    utterances = [u for u in scan("ravdess", root).utterances if u.speaker.endswith((":01", ":02", ":03", ":04"))]
    front_end = FrontEnd(describe_front_end("means184", 60.0))
    features = np.stack([hear_features(front_end, u) for u in utterances])
    return features, np.array([u.emotion for u in utterances]), [str(u.sex) for u in utterances]
