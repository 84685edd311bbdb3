"""What all neural families share: training, early stopping, resuming, snapshots, seeds, errors."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold

from emotrace.errors import MissingExtraError, TrainingError, UnknownNameError, UsageError
from emotrace.learn.models import _torch_net, gru
from emotrace.learn.models._torch_clips import Batches, Clips

LABELS = np.array(["anger", "calm"])


def rows(n: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    return rng.normal(size=(n, 5)) + 1.8 * truth[:, None] + 50.0, LABELS[truth]


def build(**params: Any) -> gru.GRU:
    return gru.build(**{"units": 8, "epochs": 6, "batch_size": 16, "learning_rate": 0.01, **params})


def weights(model: gru.GRU) -> dict[str, torch.Tensor]:
    return model.net_.module_.state_dict()


def assert_same_weights(one: gru.GRU, two: gru.GRU) -> None:
    assert all(torch.equal(w, weights(two)[name]) for name, w in weights(one).items())


def without_seconds(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name != "seconds"} for line in history]


# Scikit-learn manners


def test_probabilities_are_of_classes():
    x, y = rows()
    model = build().fit(x, y)
    probabilities = model.predict_proba(x)
    assert model.classes_.tolist() == ["anger", "calm"]
    assert probabilities.shape == (40, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    assert (model.predict(x) == model.classes_[probabilities.argmax(axis=1)]).all()
    assert model.score(x, y) > 0.9


def test_can_be_cloned_searched_and_pickled_within_a_process():
    x, y = rows()
    model = build(dropout=0.1, units=(8, 4))
    assert clone(model).get_params() == model.get_params()
    speakers = np.arange(40) // 10
    search = GridSearchCV(build(epochs=2), {"units": [2, 8]}, cv=GroupKFold(2)).fit(x, y, groups=speakers)
    assert search.best_params_["units"] in (2, 8)
    fitted = build(epochs=1).fit(x, y)
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301
    np.testing.assert_array_equal(again.predict_proba(x), fitted.predict_proba(x))


def test_unfitted_model_says_so():
    with pytest.raises(NotFittedError):
        build().predict_proba(rows()[0])


def test_wrong_parameters_are_refused_by_name():
    with pytest.raises(TypeError, match="colour"):
        gru.build(colour="red")


# Randomness


def test_same_seed_same_weights_other_seed_others():
    x, y = rows()
    one, two, other = (build(random_state=seed).fit(x, y) for seed in (3, 3, 4))
    assert_same_weights(one, two)
    assert without_seconds(one.history_) == without_seconds(two.history_)
    assert not torch.equal(weights(one)["network.head.1.weight"], weights(other)["network.head.1.weight"])


def test_training_leaves_the_process_random_state_alone():
    x, y = rows()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    build(epochs=1).fit(x, y)
    assert torch.equal(torch.rand(3), expected)


# Scaling


def test_the_scaler_knows_training_clips_only():
    x, y = rows()
    validation = x[30:] + 1000.0, y[30:]
    model = build(epochs=1).fit(x[:30], y[:30], validation=validation)
    np.testing.assert_allclose(weights(model)["offset"], x[:30].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(weights(model)["scale"], x[:30].std(axis=0), rtol=1e-4)


def test_the_unit_of_a_feature_and_a_constant_one_do_not_matter():
    x, y = rows()
    x[:, 4] = 7.0
    plain = build(epochs=2).fit(x, y).predict_proba(x)
    factors, offsets = np.array([1e3, 1e-4, 5.0, 1.0, 1.0]), np.array([0.0, 1.0, -3.0, 0.0, 0.0])
    moved = x * factors + offsets * factors
    np.testing.assert_allclose(build(epochs=2).fit(moved, y).predict_proba(moved), plain, atol=1e-3)


# History, early stopping


def test_history_is_plain_and_whole():
    x, y = rows()
    reported: list[dict[str, Any]] = []
    model = build().fit(
        x[:30], y[:30], validation=(x[30:], y[30:]), report=lambda line: reported.append(dict(line))
    )
    assert json.loads(json.dumps(model.history_)) == model.history_ == reported
    assert [line["epoch"] for line in model.history_] == [1, 2, 3, 4, 5, 6]
    names = ["epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "validation_uar", "seconds"]
    assert list(model.history_[0]) == names
    assert list(build(epochs=1).fit(x, y).history_[0]) == ["epoch", "loss", "accuracy", "seconds"]


def test_validation_figures_are_those_of_the_fitted_model():
    x, y = rows(41)  # 21 of one class, 20 of the other
    held_out, truth = x[30:], y[30:]
    model = build(epochs=3).fit(x[:30], y[:30], validation=(held_out, truth))
    last, guess = model.history_[-1], model.predict(held_out)
    hit = model.predict_proba(held_out)[np.arange(11), np.searchsorted(LABELS, truth)]
    assert last["validation_loss"] == pytest.approx(-np.log(hit).mean(), rel=1e-5)
    assert last["validation_accuracy"] == pytest.approx(np.mean(guess == truth))
    recalls = [np.mean(guess[truth == label] == label) for label in LABELS]
    assert last["validation_uar"] == pytest.approx(np.mean(recalls))


def test_validation_is_only_looked_at_without_patience():
    x, y = rows()
    alone = build().fit(x[:30], y[:30])
    watched = build().fit(x[:30], y[:30], validation=(x[30:], y[30:]))
    assert_same_weights(alone, watched)
    assert alone.best_epoch_ is None
    assert watched.best_epoch_ in range(1, 7)


@pytest.mark.parametrize("monitor", ["loss", "uar"])
def test_early_stopping_stops_and_keeps_the_best(monitor):
    x, y = rows()
    # Validation speakers whose labels are turned round: the more is learnt, the worse.
    turned = LABELS[::-1][np.searchsorted(LABELS, y[30:])]
    model = build(epochs=50, patience=3, monitor=monitor)
    model.fit(x[:30], y[:30], validation=(x[30:], turned))
    assert len(model.history_) == model.best_epoch_ + 3 < 50
    figures = [line[f"validation_{monitor}"] for line in model.history_]
    assert model.best_epoch_ == 1 + int(np.argmin(figures) if monitor == "loss" else np.argmax(figures))
    best_alone = build(epochs=model.best_epoch_).fit(x[:30], y[:30])
    assert_same_weights(model, best_alone)


def test_early_stopping_never_takes_validation_from_training():
    with pytest.raises(UsageError, match="early stopping needs the clips of validation speakers: give fit"):
        build(patience=3).fit(*rows())


# Runs in a folder


class Interrupted(BaseException):
    """As Ctrl-C."""


def interrupt_after(epoch: int, kind: type[BaseException] = KeyboardInterrupt) -> Any:
    def report(line: Any) -> None:
        if line["epoch"] == epoch:
            raise kind

    return report


@settings(max_examples=5)
@given(epoch=st.integers(1, 5))
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path_factory, epoch):
    folder = tmp_path_factory.mktemp("run")
    x, y = rows()
    validation = x[30:], y[30:]
    whole = build(dropout=0.3).fit(x[:30], y[:30], validation=validation)
    with pytest.raises(KeyboardInterrupt):
        build(dropout=0.3).fit(x[:30], y[:30], validation=validation, folder=folder, report=interrupt_after(epoch))
    resumed = build(dropout=0.3).fit(x[:30], y[:30], validation=validation, folder=folder)
    assert_same_weights(whole, resumed)
    assert without_seconds(whole.history_) == without_seconds(resumed.history_)
    assert whole.best_epoch_ == resumed.best_epoch_
    assert json.loads((folder / "history.json").read_text()) == resumed.history_


def test_ctrl_c_in_the_middle_of_an_epoch_is_not_taken_for_the_end(tmp_path, monkeypatch):
    x, y = rows()
    whole = build().fit(x, y)
    batches = iter(range(100))

    def break_in_third_epoch(*args: Any) -> Any:
        if next(batches) == 7:  # three batches per epoch
            raise KeyboardInterrupt
        return batch(*args)

    batch = Clips.batch
    monkeypatch.setattr(Clips, "batch", break_in_third_epoch)
    with pytest.raises(KeyboardInterrupt):
        build().fit(x, y, folder=tmp_path)
    monkeypatch.undo()
    assert len(json.loads((tmp_path / "history.json").read_text())) == 2
    assert_same_weights(build().fit(x, y, folder=tmp_path), whole)


def test_early_stopping_and_snapshots_survive_an_interruption(tmp_path):
    x, y = rows()
    turned = LABELS[::-1][np.searchsorted(LABELS, y[30:])]
    settings = {"validation": (x[30:], turned), "snapshot_epochs": [1, 4]}
    whole = build(epochs=50, patience=6).fit(x[:30], y[:30], **settings)
    with pytest.raises(Interrupted):
        build(epochs=50, patience=6).fit(
            x[:30], y[:30], **settings, folder=tmp_path, report=interrupt_after(3, Interrupted)
        )
    resumed = build(epochs=50, patience=6).fit(x[:30], y[:30], **settings, folder=tmp_path)
    assert_same_weights(whole, resumed)
    for epoch in (1, 4):
        assert_same_weights(whole.at_epoch(epoch), resumed.at_epoch(epoch))
    names = {"best.pt", "checkpoint.pt", "epoch-0001.pt", "epoch-0004.pt", "history.json"}
    assert {file.name for file in tmp_path.iterdir()} == names


def test_a_finished_run_can_be_loaded_and_made_longer(tmp_path):
    x, y = rows()
    short = build(epochs=3).fit(x, y, folder=tmp_path)
    loaded = build(epochs=3).fit(x, y, folder=tmp_path, report=interrupt_after(4))
    assert_same_weights(short, loaded)
    longer = build(epochs=6).fit(x, y, folder=tmp_path)
    assert_same_weights(longer, build(epochs=6).fit(x, y))
    with pytest.raises(TrainingError, match="holds 6 epochs already, 3 are wanted; choose another folder"):
        build(epochs=3).fit(x, y, folder=tmp_path)


@pytest.mark.parametrize("change", ["clips", "labels", "settings", "validation"])
def test_a_folder_belongs_to_one_run(tmp_path, change):
    x, y = rows()
    build(epochs=1).fit(x, y, folder=tmp_path)
    other = build(epochs=1, learning_rate=0.02 if change == "settings" else 0.01)
    clips = x + (1e-3 if change == "clips" else 0.0)
    labels = y[::-1] if change == "labels" else y
    with pytest.raises(TrainingError, match=r"checkpoint.pt was begun with other settings or other clips; choose"):
        other.fit(clips, labels, folder=tmp_path, validation=(x, y) if change == "validation" else None)


def test_a_damaged_checkpoint_is_named(tmp_path):
    x, y = rows()
    build(epochs=1).fit(x, y, folder=tmp_path)
    file = tmp_path / "checkpoint.pt"
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(TrainingError, match=r"checkpoint.pt cannot be read; choose another folder or delete this"):
        build(epochs=2).fit(x, y, folder=tmp_path)


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    x, y = rows()
    build(epochs=2).fit(x, y, folder=tmp_path)
    monkeypatch.setattr(torch, "save", fill_disk)
    with pytest.raises(
        TrainingError, match=r"checkpoint.pt cannot be written \(No space left on device\); make room"
    ):
        build(epochs=6).fit(x, y, folder=tmp_path)
    monkeypatch.undo()
    assert {file.name for file in tmp_path.iterdir()} == {"checkpoint.pt", "history.json"}
    assert_same_weights(build(epochs=6).fit(x, y, folder=tmp_path), build(epochs=6).fit(x, y))


def fill_disk(_content: Any, file: Path) -> None:
    file.write_bytes(b"half")
    raise OSError(28, os.strerror(28))


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(TrainingError, match="run: cannot be made a folder for the run"):
        build().fit(*rows(), folder=tmp_path / "run")


# Epoch sweep


def test_snapshots_are_what_so_many_epochs_give():
    x, y = rows()
    model = build().fit(x, y, snapshot_epochs=(2, 5))
    for epoch in (2, 5):
        assert_same_weights(model.at_epoch(epoch), build(epochs=epoch).fit(x, y))
    assert_same_weights(model, build().fit(x, y))


def test_an_epoch_that_was_not_kept():
    model = build(epochs=3).fit(*rows(), snapshot_epochs=[2])
    with pytest.raises(UsageError, match=r"epoch 3 was not kept \(kept: 2\); name it in fit\(snapshot_epochs="):
        model.at_epoch(3)
    with pytest.raises(UsageError, match="epoch 4 cannot be kept: 3 are trained, counted from 1"):
        build(epochs=3).fit(*rows(), snapshot_epochs=[4])


# Batches


@settings(max_examples=50)
@given(n=st.integers(1, 50), batch_size=st.integers(2, 20), shuffle=st.booleans())
def test_batches_hold_every_clip_once_and_none_is_alone(n, batch_size, shuffle):
    clips = Clips(torch.arange(float(n)).reshape(n, 1), torch.arange(n))
    batches = list(Batches(clips, batch_size, shuffle))
    seen = torch.cat([truth for _, truth in batches])
    assert sorted(seen.tolist()) == list(range(n))
    assert torch.equal(torch.cat([x for x, _ in batches])[:, 0], seen.float())
    sizes = [len(truth) for _, truth in batches]
    assert max(sizes) <= batch_size + 1
    assert min(sizes) > 1 or n == 1
    assert shuffle or seen.tolist() == list(range(n))


# Devices, precision, loggers


def test_mixed_precision_learns_and_predicts_in_full():
    x, y = rows()
    full, mixed = build().fit(x, y), build(mixed_precision=True).fit(x, y)
    assert mixed.score(x, y) > 0.9
    assert 0.0 < np.abs(full.predict_proba(x) - mixed.predict_proba(x)).max() < 0.1
    assert mixed.predict_proba(x).dtype == np.float32


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu():
    with pytest.raises(UsageError, match="device is 'cuda', but PyTorch finds no GPU here; use 'cpu' or 'auto'"):
        build(device="cuda").fit(*rows())
    assert build(epochs=1).fit(*rows()).net_.device == "cpu"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("mixed_precision", [False, True])
def test_gpu(tmp_path, mixed_precision):
    x, y = rows()
    model = build(device="auto", mixed_precision=mixed_precision)
    model.fit(x[:30], y[:30], validation=(x[30:], y[30:]), folder=tmp_path)
    assert model.net_.device == "cuda"
    assert model.score(x, y) > 0.9
    at_home = build(device="cpu", mixed_precision=mixed_precision)
    at_home.fit(x[:30], y[:30], validation=(x[30:], y[30:]), folder=tmp_path)
    np.testing.assert_allclose(at_home.predict_proba(x), model.predict_proba(x), atol=1e-3)


@pytest.mark.parametrize("name", _torch_net.LOGGERS)
def test_a_logger_that_is_not_installed(tmp_path, monkeypatch, name):
    monkeypatch.setattr(_torch_net, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=rf"the logger '{name}' needs the extra 'loggers': pip install"):
        build().fit(*rows(), folder=tmp_path, loggers=[name])


def test_unknown_logger():
    with pytest.raises(UnknownNameError, match="no logger named 'tensorbord'; did you mean 'tensorboard'"):
        build().fit(*rows(), loggers=["tensorbord"])


def test_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    x, y = rows()
    with pytest.raises(UsageError, match="the logger 'tensorboard' writes into the folder of the run; give one"):
        build().fit(x, y, loggers=["tensorboard"])
    with pytest.raises(KeyboardInterrupt):
        build().fit(x, y, folder=tmp_path, loggers=["tensorboard"], report=interrupt_after(4))
    build().fit(x, y, folder=tmp_path, loggers=["tensorboard"])
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload().Scalars("Loss/train_loss")
    history = json.loads((tmp_path / "history.json").read_text())
    assert [event.step for event in events] == [1, 2, 3, 4, 5, 6]
    assert [event.value for event in events] == pytest.approx([line["loss"] for line in history])


def test_mlflow(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    x, y = rows()
    model = build(epochs=3).fit(x, y, loggers=["mlflow"])
    assert mlflow.active_run() is None
    with mlflow.start_run() as mine:
        build(epochs=2).fit(x, y, loggers=["mlflow"])
        assert mlflow.active_run().info.run_id == mine.info.run_id
    runs = mlflow.search_runs(output_format="list")
    assert {run.info.status for run in runs} == {"FINISHED"}
    (own,) = (run for run in runs if run.info.run_id != mine.info.run_id)
    history = mlflow.MlflowClient().get_metric_history(own.info.run_id, "train_loss")
    assert [metric.value for metric in history] == pytest.approx([line["loss"] for line in model.history_])


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (TrainingError, "FAILED")])
def test_a_run_of_mlflow_ends_with_the_training_that_fails(tmp_path, monkeypatch, error, status):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())

    def fail(_line: object) -> None:
        raise error

    with pytest.raises(error):
        build(epochs=3).fit(*rows(), loggers=["mlflow"], report=fail)
    assert mlflow.active_run() is None
    (run,) = mlflow.search_runs(output_format="list")
    assert run.info.status == status
    # Somebody else's run is theirs to end.
    with mlflow.start_run() as mine, pytest.raises(error):
        build(epochs=3).fit(*rows(), loggers=["mlflow"], report=fail)
    assert mlflow.get_run(mine.info.run_id).info.status == "FINISHED"


def test_mlflow_that_cannot_be_reached_is_told_in_one_line(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri("http://127.0.0.1:9")
    try:
        with pytest.raises(TrainingError, match=r"MLflow takes no figures: .*; set MLFLOW_TRACKING_URI to where"):
            build().fit(*rows(), loggers=["mlflow"])
    finally:
        mlflow.set_tracking_uri(before)


@pytest.mark.parametrize("wish", [None, "false"])
def test_mlflow_tells_its_makers_nothing_unless_asked_to(tmp_path, monkeypatch, wish):
    pytest.importorskip("mlflow")
    # Set, so that what it is afterwards is taken back.
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", wish or "")
    if wish is None:
        monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY")
    _torch_net.make_loggers(["mlflow"], tmp_path)
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == (wish or "true")


# Bad input


@pytest.mark.parametrize(
    ("features", "labels", "sentence"),
    [
        (
            np.full((3, 4), np.nan),
            "abb",
            r"of 3 of 3 clips are not finite numbers \(NaN or infinite\), first in clip 0",
        ),
        (
            [[1, 2], [3, np.inf], [5, 6]],
            "abb",
            r"of 1 of 3 clips are not .*, first in clip 1 \(counted from 0\); extr",
        ),
        ([[1.0, 1e39]] * 3, "abb", "of 3 of 3 clips are not finite"),
        (
            np.ones((3, 4)),
            "aaa",
            "all training clips have the label 'a': there is nothing to tell apart; give clips",
        ),
        (np.ones((3, 4)), "ab", r"are of 3 clips, but the labels have the shape \(2,\); give one each"),
        (np.ones((0, 4)), "", "the features are empty: there is no clip to learn from"),
        (np.ones((3, 0)), "abb", r"the features have the shape \(0,\) for one clip; wanted"),
        ([["x", "y"]] * 3, "abb", r"the features are not all numbers \(.*\); give arrays of numbers"),
        (5.0, "ab", "the features are not all numbers"),
    ],
)
def test_clips_that_cannot_be_learnt_from(features, labels, sentence):
    with pytest.raises(TrainingError, match=sentence) as caught:
        build().fit(features, list(labels))
    assert "\n" not in str(caught.value)


def test_later_clips_must_be_like_those_of_training():
    x, y = rows()
    model = build(epochs=1).fit(x, y)
    with pytest.raises(
        TrainingError, match=r"shape \(4,\) for one clip, the network was trained on \(5,\); extract"
    ):
        model.predict_proba(x[:, :4])
    with pytest.raises(TrainingError, match="are not finite numbers"):
        model.predict(x * np.nan)
    with pytest.raises(TrainingError, match=r"the validation features have the shape \(4,\) for one clip"):
        build().fit(x, y, validation=(x[:, :4], y))
    with pytest.raises(
        TrainingError, match="the validation features have the label 'fear', which no training clip"
    ):
        build().fit(x, y, validation=(x[:1], ["fear"]))


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"epochs": 0}, "epochs must be a whole number of at least 1, not 0"),
        ({"batch_size": 1}, "batch_size must be a whole number of at least 2, not 1"),
        ({"batch_size": 16.0}, "batch_size must be a whole number of at least 2, not 16.0"),
        ({"learning_rate": 0.0}, "learning_rate must be a number above 0, not 0.0"),
        ({"learning_rate": "fast"}, "learning_rate must be a number above 0, not 'fast'"),
        ({"patience": True}, "patience must be a whole number of at least 1, not True"),
        ({"random_state": -1}, "random_state must be a whole number of at least 0, not -1"),
        ({"monitor": "f1"}, "monitor must be 'uar' or 'loss', not 'f1'"),
        ({"device": "tpu"}, "device must be 'auto', 'cpu' or 'cuda', not 'tpu'"),
        ({"dropout": 1.5}, "dropout must be a number from 0 to below 1, not 1.5"),
    ],
)
def test_wrong_values(params, sentence):
    with pytest.raises(UsageError, match=sentence):
        build(**params).fit(*rows())


def test_a_loss_that_is_no_number():
    with pytest.raises(TrainingError, match=r"the loss became nan in epoch \d+; lower learning_rate"):
        build(learning_rate=1e30, epochs=20).fit(*rows())
