"""The model card: Hugging Face reads it, figures are where they came from, nothing a user must know is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from hypothesis import given
from hypothesis import strategies as st
from tests.tiny_bundles import make_emotion_bundle, make_sex_bundle, make_speech_bundle

from emotrace.bundle import Card, load_bundle
from emotrace.errors import ReportError
from emotrace.learn.evaluation.evaluate import evaluate
from emotrace.learn.model_card import make_model_card, read_evaluation, read_robustness
from emotrace.learn.model_card._yaml import to_yaml
from emotrace.types import Utterance

LABELS = ("neutral", "happiness", "sadness", "anger")
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-9999, 9999).map(lambda n: n / 100)
    | st.text("ab:#-'\" \\\n{[é|"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "model-index"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), PLAIN, max_size=3))
def test_yaml_is_read_as_it_was_meant(values: dict[str, Any]) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("\n", "?")
        if isinstance(value, list):
            return [plain(item) for item in value]
        return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value

    assert (yaml.safe_load(to_yaml(values)) or {}) == plain(values)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    corpora = [
        {
            "name": name,
            "licence": licence,
            "citation": "A | B\n(2020)",
            "n_utterances": 9,
            "n_speakers": 3,
            "labels": LABELS,
        }
        for name, licence in (("ravdess", "CC BY-NC-SA 4.0"), ("emo-db", "free"), ("mine", "mine"))
    ]
    split = {"protocol": "joint-6", "fold": 1, "train_speakers": ["a", "b"], "test_speakers": ["c"]}
    return make_emotion_bundle(
        tmp_path_factory.mktemp("bundle") / "model",
        corpora=corpora,
        split=split,
        training={"epochs": 3, "seconds": 90},
    ).card


@pytest.fixture(scope="module")
def evaluation(card: Card) -> dict[str, Any]:
    people = [
        Utterance(
            f"{n}.wav",
            LABELS[n % 4],
            f"s{n % 3}",
            corpus="ravdess",
            sex=("female", "male")[n % 3 % 2],
            intensity="strong",
        )
        for n in range(60)
    ]
    probabilities = [[0.7 if k == (n // 5) % 4 else 0.1 for k in range(4)] for n in range(60)]
    scores = evaluate(
        [u.emotion for u in people],
        probabilities,
        LABELS,
        [u.speaker for u in people],
        utterances=people,
        is_uncertain=[n % 4 == 0 for n in range(60)],
    )
    sha = card.files["model.onnx"]["sha256"]
    return {"model_sha256": sha, "protocol": {}, "pooled": scores, "corpora": {"ravdess": scores}}


def robustness(card: Card) -> dict[str, Any]:
    def entry(title: str, value: float, change: float) -> dict[str, Any]:
        return {
            "name": title,
            "title": title,
            "unweighted_average_recall": {"value": value, "low": value - 0.1, "high": value + 0.1},
            "change": {"value": change, "low": None, "high": None},
            "share_uncertain": 0.25,
        }

    return {
        "model_sha256": card.files["model.onnx"]["sha256"],
        "n_clips": 60,
        "n_speakers": 3,
        "corpora": {"ravdess": {"n": 60}},
        "conditions": [entry("as recorded", 0.6, 0.0), entry("telephone", 0.5125, -0.0875)],
        "non_speech": {"n_windows": 480, "kinds": {"hum": {}}, "share_with_emotion": 0.0125},
        "targets": [
            {"what": "telephone loses at most 4 points of UAR", "value": 0.0875, "limit": 0.04, "is_met": False},
            {"what": "gain does nothing", "value": 0.001, "limit": 0.01, "is_met": True},
            {"what": "never asked", "value": None, "limit": 0.01, "is_met": None},
        ],
    }


def test_hugging_face_reads_it(card: Card, evaluation: dict[str, Any]) -> None:
    read = ModelCard(make_model_card(card, evaluation, robustness(card), has_licence_file=True))
    data = read.data.to_dict()
    assert data["language"] == ["de", "en"]
    assert (data["license"], data["license_name"], data["license_link"]) == (
        "other",
        "tiny-emotion-weights",
        "LICENSE",
    )
    assert data["datasets"] == ["ravdess", "emo-db", "mine"]
    assert {"speech-emotion-recognition", "onnx"} <= set(data["tags"])
    assert data["metrics"] == ["recall", "accuracy", "f1"]
    assert (data["pipeline_tag"], data["library_name"]) == ("audio-classification", "emotrace")
    results = read.data.eval_results
    assert [result.metric_type for result in results] == ["recall", "accuracy", "f1"]
    assert {result.dataset_type for result in results} == {"ravdess"}
    assert {result.dataset_split for result in results} == {"joint-6 1"}
    uar = evaluation["pooled"]["unweighted_average_recall"]["value"]
    assert results[0].metric_value == pytest.approx(100 * uar, abs=0.005)
    # It can be written again, which refuses what is not of the format.
    assert ModelCard(str(read)).data.to_dict() == data


def test_a_licence_that_is_known_there_is_called_by_its_name(card: Card, evaluation: dict[str, Any]) -> None:
    free = replace(card, licence="ODbL 1.0, commercial use allowed: trained on made speech.")
    data = ModelCard(make_model_card(free, evaluation, has_licence_file=True)).data.to_dict()
    assert data["license"] == "odbl"
    assert not {"license_name", "license_link"} & set(data)


@pytest.mark.parametrize(
    "words",
    [
        "## Intended use",
        "## Not for",
        "Article 5(1)(f)",
        "at work or in education",
        "**detecting lies**",
        "**hiring**",
        "## Data and licences",
        "| ravdess | CC BY-NC-SA 4.0 | 9 | 3 | neutral, happiness, sadness, anger | A \\| B (2020) |",
        "## For whom it works",
        "| sex | female | 40 | 2 |",
        "| intensity | strong | 60 | 3 |",
        "The speaker understood worst, s",
        "## Limits",
        "**Acted speech.**",
        "25.0 % of the answers are marked uncertain",
        "| telephone | 51.2 [41.2, 61.2] | -8.8 | 25 % |",
        "In 480 windows of 1 kinds of sound",
        "an emotion is named in 1.25 %",
        "**Targets that are missed**: telephone loses at most 4 points of UAR (measured: 8.75).",
        "Targets that are met: gain does nothing (measured: 0.10).",
        "training took | 2 min",
    ],
)
def test_people_are_told(card: Card, evaluation: dict[str, Any], words: str) -> None:
    text = make_model_card(card, evaluation, robustness(card))
    assert words in text
    assert "never asked" not in text
    assert "license_link" not in text


def test_without_reports_nothing_is_made_up(card: Card) -> None:
    scored = replace(
        card, metrics={"ravdess": {"n": 7, "unweighted_average_recall": [0.5, 0.4, 0.6], "accuracy": 0.55}}
    )
    text = make_model_card(scored)
    assert "| ravdess | 7 (-) | 50.0 [40.0, 60.0] | 55.0 | - | - |" in text
    assert "Not known: give the report of `emotrace evaluate`." in text
    assert "Not measured: `emotrace robustness` does that." in text
    assert [r.metric_type for r in ModelCard(text).data.eval_results] == ["recall", "accuracy"]
    bare = make_model_card(card)
    assert "Not judged: `emotrace evaluate` does that" in bare
    assert "model-index" not in bare


def test_a_detector_of_speech_has_a_card_too(tmp_path: Path) -> None:
    text = make_model_card(make_speech_bundle(tmp_path / "speech").card)
    assert ModelCard(text).data.pipeline_tag == "voice-activity-detection"
    assert "the probability that somebody speaks, every 0.02 s" in text
    assert "Not for" not in text


def test_the_shipped_card_can_be_read() -> None:
    bundle = load_bundle("default")
    data = ModelCard(make_model_card(bundle.card)).data
    assert len(data.eval_results) >= 3 * (len(bundle.card.metrics) - 1)


def test_reports_must_be_of_this_model(card: Card, evaluation: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with pytest.raises(ReportError, match=r"report\.json: cannot be read: No such file"):
        read_evaluation(path, card)
    path.write_text("[")
    with pytest.raises(ReportError, match=r"report\.json: is no JSON"):
        read_evaluation(path, card)
    path.write_text("[]")
    with pytest.raises(ReportError, match="has no 'pooled'; give a report that 'emotrace evaluate' wrote"):
        read_evaluation(path, card)
    path.write_text(json.dumps(evaluation))
    assert read_evaluation(path, card)["pooled"]["n"] == 60
    with pytest.raises(ReportError, match="has no 'conditions'; give a report that 'emotrace robustness' wrote"):
        read_robustness(path, card)
    path.write_text(json.dumps({**robustness(card), "model_sha256": "f" * 64}))
    with pytest.raises(
        ReportError, match=r"is of another model \(SHA-256 ffffffffffffffff….*judge it again: emotrace robust"
    ):
        read_robustness(path, card)


def test_a_model_of_sex_says_what_it_is_not(tmp_path: Path) -> None:
    half = {"value": 0.5, "low": 0.4, "high": 0.6}
    scores = {"n": 8, "n_speakers": 2, "unweighted_average_recall": half, "accuracy": half}
    card = make_sex_bundle(tmp_path / "sex", metrics={"savee": scores, "pooled": scores}).card
    text = make_model_card(card)
    assert "gives the probabilities of female, male" in text
    assert "that is not who a person is" in text
    assert "Each corpus is judged among both labels" in text
    assert "| savee | 8 (2) |" in text
    task = ModelCard(text).data.to_dict()["model-index"][0]["results"][0]["task"]
    assert (task["type"], task["name"]) == ("audio-classification", "speaker sex from speech")


@pytest.mark.parametrize(
    ("bundle", "page", "robustness"),
    [("default", "model-card.md", "robustness.json"), ("open", "model-card-open.md", None)],
)
def test_the_page_in_docs_is_what_the_command_writes(bundle: str, page: str, robustness: str | None) -> None:
    root = Path(__file__).parents[3]
    results = root / "benchmarks" / "results"
    card = load_bundle(bundle).card
    text = make_model_card(
        card,
        read_evaluation(results / f"{bundle}.json", card),
        None if robustness is None else read_robustness(results / robustness, card),
        has_licence_file=True,
    )
    assert (root / "docs" / page).read_text(encoding="utf-8") == text, (
        f"docs/{page} is behind: see the commands under `benchmarks` in the Makefile"
    )
