"""``emotrace evaluate``: leaks are refused, scores agree with a direct computation, unusable clips are told."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss, recall_score
from tests.cli.conftest import RATE, Emotrace, Signal, write_wav
from tests.tiny_bundles import LABELS, emotion_card, emotion_model, make_emotion_bundle, make_speech_bundle

import emotrace
from emotrace.bundle import write_bundle
from emotrace.hear.recognizer import Recogniser
from emotrace.labels import NO_SPEECH, restrict

# Of whom a bundle knows that is a stranger to everybody in the tests' manifests.
ELSEWHERE = {"protocol": "joint-6", "fold": 1, "train_speakers": ["yan"], "validation_speakers": ["zoe"]}
SPLIT = {"protocol": "joint-6", "fold": 1, "train_speakers": ["ann", "bob"], "validation_speakers": ["cleo"]}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle that has been trained on ann and bob and tuned on cleo."""
    return make_emotion_bundle(tmp_path / "model", split=SPLIT).path


@pytest.fixture
def manifest(tmp_path: Path, talk: Signal) -> Path:
    """Three clips each of four speakers, at different loudness, and of dora one more in which nobody speaks."""
    rows = ["file,emotion,speaker,sex"]
    truths = iter(["neutral", "anger", "sadness", "happiness"] * 3)
    peak = np.abs(talk).max()
    for number, speaker in enumerate(["ann", "bob", "cleo", "dora"]):
        for take, gain in enumerate([0.1, 0.4, 0.99]):
            file = write_wav(tmp_path / f"{speaker}-{take}.wav", talk / peak * gain / (1 + number / 10))
            rows.append(f"{file.name},{next(truths)},{speaker},{'f' if number % 2 else 'm'}")
    write_wav(tmp_path / "quiet.wav", np.zeros(RATE))
    rows.append("quiet.wav,neutral,dora,f")
    path = tmp_path / "manifest.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def report(folder: Path) -> dict[str, Any]:
    """Read a report, which must hold neither NaN nor infinity."""
    text = (folder / "report.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    return found


def rows(folder: Path) -> list[dict[str, str]]:
    return read_table(folder / "predictions.csv")


# -- leaks ------------------------------------------------------------------------------------------------


def test_known_speakers_are_refused(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, tmp_path: Path
) -> None:
    done = emotrace_command("evaluate", bundle, manifest, "-o", tmp_path / "report")
    assert (done.code, done.out) == (1, "")
    assert done.complaint == (
        "bundle 'tiny-emotion' knows speakers of this manifest (train: ann, bob; validation: cleo); "
        "scores on them say nothing: add --held-out to judge only the speakers it has never heard"
    )
    assert not (tmp_path / "report").exists()


def test_a_leak_in_any_manifest_is_a_leak(emotrace_command: Emotrace, bundle: Path, manifest: Path) -> None:
    clean, leaky = manifest.with_name("clean.csv"), manifest.with_name("leaky.csv")
    clean.write_text("file,emotion,speaker\nquiet.wav,neutral,dora\n")
    leaky.write_text("file,emotion,speaker\nquiet.wav,neutral,cleo\n")
    done = emotrace_command("evaluate", bundle, clean, leaky, "-o", manifest.parent / "report")
    assert done.code == 1
    assert "knows speakers of this manifest (validation: cleo)" in done.complaint


def test_many_leaked_speakers_are_counted(emotrace_command: Emotrace, tmp_path: Path, silence: Path) -> None:
    speakers = [f"s{number}" for number in range(9)]
    bundle = make_emotion_bundle(tmp_path / "model", split={**SPLIT, "train_speakers": speakers}).path
    text = "".join(f"silence.wav,anger,{speaker}\n" for speaker in speakers)
    (tmp_path / "manifest.csv").write_text("file,emotion,speaker\n" + text)
    done = emotrace_command("evaluate", bundle, tmp_path / "manifest.csv", "-o", tmp_path / "report")
    assert "(train: s0, s1, s2, s3, s4 and 4 more)" in done.complaint


def test_held_out_leaves_known_speakers_out(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, tmp_path: Path
) -> None:
    done = emotrace_command("evaluate", bundle, manifest, "--held-out", "-o", tmp_path / "report")
    assert done.code == 0
    assert {row["speaker"] for row in rows(tmp_path / "report")} == {"dora"}
    assert report(tmp_path / "report")["pooled"]["n"] == 4
    assert report(tmp_path / "report")["protocol"] == SPLIT


def test_nothing_held_out(emotrace_command: Emotrace, bundle: Path, silence: Path) -> None:
    manifest = silence.with_name("manifest.csv")
    manifest.write_text("file,emotion,speaker\nsilence.wav,anger,ann\n")
    done = emotrace_command("evaluate", bundle, manifest, "--held-out", "-o", silence.with_name("report"))
    assert (done.code, done.out) == (1, "")
    assert done.complaint == "bundle 'tiny-emotion' knows every speaker of this manifest; nothing is held out"


@pytest.mark.parametrize("side", ["train", "validation"])
def test_a_speaker_named_within_his_corpus_is_known(
    emotrace_command: Emotrace, tmp_path: Path, silence: Path, side: str
) -> None:
    bundle = make_emotion_bundle(tmp_path / "model", split={**ELSEWHERE, f"{side}_speakers": ["ravdess:02"]}).path
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,emotion,speaker,corpus\nsilence.wav,anger,02,ravdess\nsilence.wav,anger,02,mine\n")
    done = emotrace_command("evaluate", bundle, manifest, "-o", tmp_path / "report")
    assert (done.code, done.out) == (1, "")
    assert f"knows speakers of this manifest ({side}: 02)" in done.complaint
    assert emotrace_command("evaluate", bundle, manifest, "--held-out", "-o", tmp_path / "report").code == 0
    assert [(row["corpus"], row["speaker"]) for row in rows(tmp_path / "report")] == [("mine", "02")]


NAMELESS = "file,emotion,speaker\nsilence.wav,anger,dora\nsilence.wav,anger,\nsilence.wav,neutral,unknown\n"


@pytest.mark.parametrize(
    ("text", "count"), [(NAMELESS, "2 clips"), ("file,emotion\nsilence.wav,anger\n", "1 clip")]
)
def test_clips_without_a_speaker_need_somebody_who_vouches(
    emotrace_command: Emotrace, bundle: Path, silence: Path, tmp_path: Path, text: str, count: str
) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(text)
    for flags in ([], ["--held-out"]):
        done = emotrace_command("evaluate", bundle, manifest, *flags, "-o", tmp_path / "report")
        assert (done.code, done.out) == (1, "")
        assert done.complaint == (
            f"{count} without a speaker: nobody can tell whether bundle 'tiny-emotion' has heard "
            "them; add a column 'speaker', or --assume-unheard if you know it has not"
        )
        assert not (tmp_path / "report").exists()
    assert emotrace_command("evaluate", bundle, manifest, "--assume-unheard", "-o", tmp_path / "report").code == 0
    assert report(tmp_path / "report")["pooled"]["n"] == text.count("silence")


@pytest.mark.parametrize("split", [{}, {"protocol": "own", "train_speakers": []}])
def test_a_card_without_speakers_needs_somebody_who_vouches(
    emotrace_command: Emotrace, silence: Path, tmp_path: Path, split: dict[str, Any]
) -> None:
    bundle = make_emotion_bundle(tmp_path / "model", split=split).path
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,emotion,speaker\nsilence.wav,anger,dora\n")
    done = emotrace_command("evaluate", bundle, manifest, "-o", tmp_path / "report")
    assert (done.code, done.out) == (1, "")
    assert done.complaint == (
        "the card of bundle 'tiny-emotion' does not say whom it was trained on; add --assume-unheard if you know "
        "that it has never heard these speakers"
    )
    assert emotrace_command("evaluate", bundle, manifest, "--assume-unheard", "-o", tmp_path / "report").code == 0


def test_nobody_can_vouch_for_speakers_who_are_known(
    emotrace_command: Emotrace, bundle: Path, manifest: Path, tmp_path: Path
) -> None:
    done = emotrace_command("evaluate", bundle, manifest, "--assume-unheard", "-o", tmp_path / "report")
    assert done.code == 1
    assert "knows speakers of this manifest (train: ann, bob; validation: cleo)" in done.complaint


# -- scores -----------------------------------------------------------------------------------------------


def make_sensitive_bundle(target: Path, talk: Signal, **card: Any) -> Path:
    """Make a tiny bundle that tells quiet from loud talk: full-scale talk is ``anger``, a whisper ``neutral``."""
    model = onnx.load_from_string(emotion_model())
    weight = next(tensor for tensor in model.graph.initializer if tensor.name == "weight")
    loudest = np.abs(talk).mean() / np.abs(talk).max()
    scaled = onnx.numpy_helper.to_array(weight) * np.float32(0.6 / loudest)
    weight.CopyFrom(onnx.numpy_helper.from_array(scaled, "weight"))
    return write_bundle(target, emotion_card(**{"split": ELSEWHERE, **card}), model.SerializeToString()).path


@pytest.fixture
def stranger(tmp_path: Path, talk: Signal) -> Path:
    """A bundle that knows nobody here."""
    return make_sensitive_bundle(tmp_path / "stranger", talk)


def read_table(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def judge_directly(
    bundle: Path, folder: Path, labels: dict[str, tuple[str, ...]]
) -> list[tuple[str, dict[str, float]]]:
    """Give what is heard in each file and its probabilities among the file's own labels."""
    recogniser: Recogniser = emotrace.load(bundle, labels="all")
    heard = []
    for file, own in labels.items():
        prediction = recogniser.predict(folder / file)
        own_probabilities = restrict(prediction.probabilities, own) if prediction.is_speech else {}
        guess = max(own_probabilities, key=own_probabilities.__getitem__) if own_probabilities else NO_SPEECH
        heard.append((guess, own_probabilities))
    return heard


def test_scores_agree_with_a_direct_computation(
    emotrace_command: Emotrace, stranger: Path, manifest: Path, tmp_path: Path
) -> None:
    done = emotrace_command("evaluate", stranger, manifest, "-o", tmp_path / "report")
    assert done.code == 0
    table = read_table(manifest)
    truth = [row["emotion"] for row in table]
    heard = judge_directly(stranger, tmp_path, {row["file"]: LABELS for row in table})
    guesses = [guess for guess, _ in heard]
    # The test has something to say about silence and about confusion.
    assert NO_SPEECH in guesses
    assert len(set(guesses)) > 3
    pooled = report(tmp_path / "report")["pooled"]
    assert (pooled["n"], pooled["n_speakers"], pooled["n_no_speech"]) == (13, 4, guesses.count(NO_SPEECH))
    assert pooled["accuracy"]["value"] == pytest.approx(accuracy_score(truth, guesses))
    recall = recall_score(truth, guesses, labels=LABELS, average="macro", zero_division=0)
    assert pooled["unweighted_average_recall"]["value"] == pytest.approx(recall)
    assert set(truth) == set(LABELS)
    f1 = f1_score(truth, guesses, labels=LABELS, average="macro", zero_division=0)
    assert pooled["macro_f1"]["value"] == pytest.approx(f1)
    spoken = [(label, p) for label, (_, p) in zip(truth, heard, strict=True) if p]
    alphabetic = sorted(LABELS)
    loss = log_loss(
        [label for label, _ in spoken], [[p[x] for x in alphabetic] for _, p in spoken], labels=alphabetic
    )
    assert pooled["log_loss"]["value"] == pytest.approx(loss, rel=1e-3)
    assert [row["predicted"] for row in rows(tmp_path / "report")] == guesses
    assert [row["emotion"] for row in rows(tmp_path / "report")] == truth


def test_each_corpus_is_judged_by_its_own_labels(
    emotrace_command: Emotrace, manifest: Path, talk: Signal, tmp_path: Path
) -> None:
    trained = {"licence": "CC0-1.0", "citation": "-", "n_utterances": 1, "n_speakers": 1}
    small = {"name": "small", "labels": ["anger", "neutral"], **trained}
    bundle = make_sensitive_bundle(tmp_path / "stranger", talk, corpora=[small])
    table = read_table(manifest)
    for row in table:
        row["corpus"] = "small" if row["emotion"] in ("neutral", "anger") else "other"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    assert emotrace_command("evaluate", bundle, manifest, "-o", tmp_path / "report").code == 0
    # Nobody tells a bundle which two emotions a corpus holds that it was not trained on.
    own = {"small": ("neutral", "anger"), "other": LABELS}
    heard = judge_directly(bundle, tmp_path, {row["file"]: own[row["corpus"]] for row in table})
    found = report(tmp_path / "report")
    assert list(found["corpora"]) == ["other", "small"]
    for corpus, labels in own.items():
        pairs = [
            (row["emotion"], guess)
            for row, (guess, _) in zip(table, heard, strict=True)
            if row["corpus"] == corpus
        ]
        scores = found["corpora"][corpus]
        assert tuple(scores["labels"]) == labels
        assert scores["n"] == len(pairs)
        assert scores["accuracy"]["value"] == pytest.approx(np.mean([truth == guess for truth, guess in pairs]))
    correct = [row["emotion"] == guess for row, (guess, _) in zip(table, heard, strict=True)]
    assert found["pooled"]["accuracy"]["value"] == pytest.approx(np.mean(correct))


def test_a_strange_corpus_is_judged_among_the_labels_that_are_shown(
    emotrace_command: Emotrace, talk: Signal, tmp_path: Path
) -> None:
    bundle = make_sensitive_bundle(tmp_path / "stranger", talk, default_labels=["neutral", "happiness"])
    for number, gain in enumerate((0.1, 0.99)):
        write_wav(tmp_path / f"{number}.wav", talk / np.abs(talk).max() * gain)
    text = "file,emotion,speaker,corpus\n0.wav,neutral,dora,strange\n1.wav,%s,eve,strange\n"
    # What is in the manifest can be right as well.
    for emotion, own in (("neutral", LABELS[:2]), ("anger", ("neutral", "happiness", "anger"))):
        (tmp_path / "manifest.csv").write_text(text % emotion)
        assert emotrace_command("evaluate", bundle, tmp_path / "manifest.csv", "-o", tmp_path / "report").code == 0
        assert tuple(report(tmp_path / "report")["corpora"]["strange"]["labels"]) == own
        heard = judge_directly(bundle, tmp_path, {"0.wav": own, "1.wav": own})
        assert [row["predicted"] for row in rows(tmp_path / "report")] == [guess for guess, _ in heard]


def test_song_is_left_out_of_the_pool(
    emotrace_command: Emotrace, stranger: Path, silence: Path, talk: Signal, tmp_path: Path
) -> None:
    write_wav(tmp_path / "loud.wav", talk / np.abs(talk).max() * 0.99)
    song = "silence.wav,anger,dora,ravdess-song\nsilence.wav,neutral,dora,ravdess-song\n"
    speech = "loud.wav,anger,eve,ravdess\n"
    for text, pooled in ((song + speech, "ravdess"), (song, "ravdess-song")):
        (tmp_path / "manifest.csv").write_text("file,emotion,speaker,corpus\n" + text)
        assert (
            emotrace_command("evaluate", stranger, tmp_path / "manifest.csv", "-o", tmp_path / "report").code == 0
        )
        found = report(tmp_path / "report")
        # Song is judged all the same.
        assert found["corpora"]["ravdess-song"]["n"] == 2
        for key in ("n", "n_speakers", "n_no_speech", "accuracy"):
            assert found["pooled"][key] == found["corpora"][pooled][key]
        assert len(rows(tmp_path / "report")) == text.count("\n")


def test_the_report_says_whom_the_speech_detector_knows(
    emotrace_command: Emotrace, stranger: Path, silence: Path, tmp_path: Path
) -> None:
    card = emotrace.load_bundle("speech").card
    known = card.split["train_speakers"][:2]
    assert len(known) == 2
    text = "".join(f"silence.wav,anger,{speaker}\n" for speaker in ("dora", *known, known[0]))
    (tmp_path / "manifest.csv").write_text("file,emotion,speaker\n" + text)
    assert emotrace_command("evaluate", stranger, tmp_path / "manifest.csv", "-o", tmp_path / "report").code == 0
    facts = report(tmp_path / "report")["speech_detector"]
    assert facts == {"bundle": card.name, "n_speakers_it_was_trained_on": 2}


def test_segments_are_judged_alone(
    emotrace_command: Emotrace, stranger: Path, talk: Signal, tmp_path: Path
) -> None:
    joined = np.concatenate([np.zeros(4 * RATE, np.float32), talk])
    write_wav(tmp_path / "joined.wav", joined, subtype="FLOAT")
    (tmp_path / "manifest.jsonl").write_text(
        "".join(
            json.dumps({"file": "joined.wav", "emotion": emotion, "speaker": "dora", "start": start, "end": end})
            + "\n"
            for emotion, start, end in (("anger", 0, 4), ("anger", 4, 8), ("neutral", 8, 9))
        )
    )
    done = emotrace_command("evaluate", stranger, tmp_path / "manifest.jsonl", "-o", tmp_path / "report")
    assert done.code == 1
    assert "joined.wav: ends before 8 s, where the segment starts" in done.err
    first, second = rows(tmp_path / "report")
    assert first["predicted"] == NO_SPEECH
    assert second["predicted"] == emotrace.load(stranger, labels="all").predict(talk, RATE).emotion


def test_the_summary_names_every_corpus(emotrace_command: Emotrace, stranger: Path, manifest: Path) -> None:
    done = emotrace_command("evaluate", stranger, manifest, "-o", manifest.parent / "report")
    heading, *lines = done.out.splitlines()
    assert heading.split() == ["corpus", "clips", "speakers", "UAR", "[95", "%]", "accuracy", "ECE"]
    assert [line[:13].strip() for line in lines] == ["(no corpus)", "pooled"]
    pooled = report(manifest.parent / "report")["pooled"]
    assert f"{pooled['unweighted_average_recall']['value']:.3f}" in lines[-1]
    assert done.err == f"Report: {manifest.parent / 'report' / 'report.json'}\n"


def test_the_same_report_every_time(emotrace_command: Emotrace, stranger: Path, manifest: Path) -> None:
    output = manifest.parent / "deep" / "report"
    texts = set()
    for _ in range(2):
        assert emotrace_command("evaluate", stranger, manifest, "-o", output).code == 0
        texts.add((output / "report.json").read_bytes() + (output / "predictions.csv").read_bytes())
    assert len(texts) == 1
    assert sorted(path.name for path in output.iterdir()) == ["predictions.csv", "report.json"]


def test_the_shipped_bundle(emotrace_command: Emotrace, manifest: Path) -> None:
    done = emotrace_command("evaluate", "default", manifest, "-o", manifest.parent / "report")
    assert done.code == 0
    card = emotrace.load_bundle().card
    assert report(manifest.parent / "report")["model_sha256"] == card.files["model.onnx"]["sha256"]


# -- what cannot be judged --------------------------------------------------------------------------------


def test_unusable_clips_are_told(emotrace_command: Emotrace, stranger: Path, manifest: Path) -> None:
    folder = manifest.parent
    (folder / "ann-0.wav").write_text("not audio")
    (folder / "bob-1.wav").unlink()
    done = emotrace_command("evaluate", stranger, manifest, "-o", folder / "report")
    assert done.code == 1
    first, second, place = done.err.splitlines()
    assert first.startswith(f"emotrace: {folder / 'ann-0.wav'}: not audio (")
    assert second == f"emotrace: {folder / 'bob-1.wav'}: no such file; check the path"
    assert place == f"Report: {folder / 'report' / 'report.json'}"
    found = report(folder / "report")
    assert (found["n_unusable"], found["pooled"]["n"], len(rows(folder / "report"))) == (2, 11, 11)
    assert [entry["file"] for entry in found["unusable"]] == [str(folder / "ann-0.wav"), str(folder / "bob-1.wav")]
    assert found["unusable"][1]["reason"] == second.removeprefix("emotrace: ")


def test_nothing_usable(emotrace_command: Emotrace, stranger: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("file,emotion,speaker\nnone.wav,anger,dora\n")
    done = emotrace_command("evaluate", stranger, tmp_path / "manifest.csv", "-o", tmp_path / "report")
    assert (done.code, done.out) == (1, "")
    assert done.complaint == "none of the clips could be used; nothing to judge"
    assert not (tmp_path / "report").exists()


def test_an_emotion_that_the_bundle_does_not_give(
    emotrace_command: Emotrace, stranger: Path, silence: Path, tmp_path: Path
) -> None:
    (tmp_path / "manifest.csv").write_text(
        "file,emotion,speaker\nsilence.wav,boredom,dora\nsilence.wav,anger,eve\n"
    )
    done = emotrace_command("evaluate", stranger, tmp_path / "manifest.csv", "-o", tmp_path / "report")
    assert (done.code, done.out) == (1, "")
    assert done.complaint == (
        "the manifest has boredom, which bundle 'tiny-emotion' does not give; it gives neutral, happiness, "
        "sadness, anger; leave those rows out or use another bundle"
    )


def test_one_emotion_alone_is_judged_among_all(
    emotrace_command: Emotrace, stranger: Path, talk: Signal, tmp_path: Path
) -> None:
    # Among the only emotion of a manifest every answer would be right.
    write_wav(tmp_path / "loud.wav", talk / np.abs(talk).max() * 0.99)
    (tmp_path / "manifest.csv").write_text("file,emotion,speaker\nloud.wav,neutral,dora\n")
    assert emotrace_command("evaluate", stranger, tmp_path / "manifest.csv", "-o", tmp_path / "report").code == 0
    pooled = report(tmp_path / "report")["pooled"]
    assert tuple(pooled["labels"]) == LABELS
    assert pooled["accuracy"]["value"] == 0.0


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("manifest.csv", None, "no such file"),
        ("manifest.txt", "file,emotion\n", "a manifest ends in .csv, .jsonl, .parquet, not in '.txt'"),
        ("manifest.csv", "", "no column 'file'"),
        ("manifest.csv", "file,emotion\n", "holds no rows"),
        ("manifest.csv", "file,speaker\na.wav,x\n", "no column 'emotion' or 'label'; columns here: file, speaker"),
        ("manifest.csv", "file,emotion\na.wav,hungry\n", "line 2, column 'emotion': unknown emotion 'hungry'"),
        ("manifest.jsonl", "{]\n", "line 1: not JSON"),
    ],
)
def test_bad_manifests(
    emotrace_command: Emotrace, stranger: Path, tmp_path: Path, name: str, text: str | None, sentence: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    done = emotrace_command("evaluate", stranger, tmp_path / name, "-o", tmp_path / "report")
    assert (done.code, done.out) == (1, "")
    assert done.complaint.startswith(f"{tmp_path / name}: ")
    assert sentence in done.complaint
    assert not (tmp_path / "report").exists()


def test_a_speech_bundle_cannot_be_judged(emotrace_command: Emotrace, manifest: Path, tmp_path: Path) -> None:
    bundle = make_speech_bundle(tmp_path / "speech").path
    done = emotrace_command("evaluate", bundle, manifest, "-o", tmp_path / "report")
    assert (done.code, done.complaint) == (2, "bundle 'tiny-speech' is of kind 'speech', not 'emotion'")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Missing argument 'BUNDLE'"),
        (["default"], "Missing argument 'MANIFEST'"),
        (["default", "m.csv"], "Missing option '--output' / '-o'"),
        (["default", "m.csv", "-o", "r", "--leaky"], "No such option: --leaky"),
    ],
)
def test_wrong_usage_is_one_line_and_2(emotrace_command: Emotrace, arguments: list[str], sentence: str) -> None:
    done = emotrace_command("evaluate", *arguments)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.complaint
    assert done.complaint.endswith("; see 'emotrace evaluate --help'")


# -- where the report goes --------------------------------------------------------------------------------


def test_a_place_that_is_no_folder_is_known_at_once(
    emotrace_command: Emotrace, stranger: Path, manifest: Path
) -> None:
    for place in (manifest, manifest / "below" / "it"):
        done = emotrace_command("evaluate", stranger, manifest, "-o", place)
        assert (done.code, done.out) == (1, "")
        assert done.complaint == f"cannot write into {place}: {manifest} is not a folder; give another one"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_place_without_permission(
    emotrace_command: Emotrace,
    unprivileged: Callable[[], AbstractContextManager[None]],
    stranger: Path,
    manifest: Path,
    public_folder: Path,
) -> None:
    locked = public_folder / "locked"
    locked.mkdir(0o555)
    with unprivileged():
        done = emotrace_command("evaluate", stranger, manifest, "-o", locked / "report")
    assert (done.code, done.out) == (1, "")
    assert done.complaint == f"cannot write into {locked / 'report'}: no permission to write in {locked}"


def test_as_a_process(
    emotrace_process: Callable[..., subprocess.CompletedProcess[str]], bundle: Path, manifest: Path
) -> None:
    done = emotrace_process("evaluate", bundle, manifest, "-o", manifest.parent / "report")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("emotrace: bundle 'tiny-emotion' knows speakers")
    assert done.stderr.count("\n") == 1
