"""The examples are comparable, and seen rightly."""

from __future__ import annotations

import numpy as np
import pytest
from tests.learn.explore.made_corpus import make_voice

from emotrace.learn.explore.examples import (
    SAMPLING_RATE,
    Example,
    amplitude_envelope,
    analyse,
    choose_examples,
    compare_intensities,
    load_example,
)
from emotrace.types import Utterance


def clip(file: str, emotion: str, speaker: str, sex: str | None, **more: object) -> Utterance:
    return Utterance(file, emotion, speaker, sex=sex, **more)  # type: ignore[arg-type]


def test_the_same_two_speakers_go_through_all_emotions() -> None:
    clips = [
        clip("1", "anger", "zoe", "female"),
        *(clip(f"a{e}", e, "ann", "female") for e in ("anger", "fear")),
        *(clip(f"b{e}", e, "bob", "male") for e in ("anger", "fear")),
    ]
    chosen = choose_examples(clips, [1.0] * 5)
    assert {e: {v: x.utterance.speaker for v, x in by.items()} for e, by in chosen.items()} == {
        "anger": {"female": "ann", "male": "bob"},
        "fear": {"female": "ann", "male": "bob"},
    }


def test_the_common_sentence_the_strong_one_and_the_usual_length_win() -> None:
    clips = [
        clip("rare", "anger", "ann", "female", sentence="s2", intensity="strong"),
        clip("weak", "anger", "ann", "female", sentence="s1", intensity="normal"),
        clip("long", "anger", "ann", "female", sentence="s1", intensity="strong"),
        clip("good", "anger", "ann", "female", sentence="s1", intensity="strong"),
    ]
    chosen = choose_examples(clips, [1.0, 1.0, 9.0, 1.1])
    assert chosen["anger"]["female"].utterance.file == "good"


def test_without_sexes_two_speakers_are_compared() -> None:
    clips = [clip(s, "anger", s, None) for s in ("s1", "s2", "s3")]
    assert list(choose_examples(clips, [1.0] * 3)["anger"]) == ["s1", "s2"]


def test_intensities_of_one_emotion() -> None:
    clips = [clip(i, "fear", "ann", "female", intensity=i) for i in ("strong", "normal")]
    found = compare_intensities([clip("x", "anger", "ann", "female"), *clips], [1.0] * 3)
    assert found is not None
    emotion, by_intensity = found
    assert emotion == "fear"
    assert {i: by["female"].utterance.file for i, by in by_intensity.items()} == {
        "normal": "normal",
        "strong": "strong",
    }
    assert compare_intensities(clips[:1], [1.0]) is None


def test_an_envelope_is_the_highest_of_each_frame() -> None:
    signal = np.random.default_rng(0).normal(size=2000).astype(np.float32)
    envelope = amplitude_envelope(signal)
    assert envelope.tolist() == [np.abs(signal[i : i + 512]).max() for i in range(0, 2000 - 512 + 1, 256)]


def test_all_views_share_their_frames(made: list[Utterance]) -> None:
    signal = load_example(Example(made[0], "female"))
    found = analyse(signal)
    n = len(found.frame_seconds)
    for view in (found.mel_db, found.mfcc, found.chroma, found.rms, found.centroid_hz, found.roll_off_hz):
        assert len(view) == n
    assert found.seconds == pytest.approx(1.0, abs=0.01)
    # The envelope is of the same time as the signal.
    assert found.envelope_seconds[found.envelope.argmax()] == pytest.approx(
        np.abs(signal).argmax() / SAMPLING_RATE, abs=0.03
    )


def test_long_clips_are_cut(tmp_path_factory: pytest.TempPathFactory) -> None:
    import soundfile

    path = tmp_path_factory.mktemp("long") / "long.wav"
    soundfile.write(path, np.tile(make_voice(150.0, 0.3, 1.0, seed=0), 8), 16_000)
    assert load_example(Example(Utterance(str(path), "anger", "a"), "male")).size == 8 * SAMPLING_RATE
