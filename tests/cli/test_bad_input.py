"""Hostile and damaged input at the real commands: one clear line and exit 1, or no speech, or a warning."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import soundfile
from tests.cli.conftest import RATE, Emotrace, Signal, wav_bytes, write_wav
from tests.tiny_bundles import emotion_card, emotion_model, graph_bytes, make_emotion_bundle, write_unchecked

COMMANDS = ("predict", "analyze")
needs_posix = pytest.mark.skipif(os.name != "posix", reason="pipes, links and permissions of POSIX")


def pcm(seconds: float = 0.5, channels: int = 1) -> bytes:
    """Noise as 16-bit samples."""
    noise = np.random.default_rng(0).integers(-8000, 8000, round(seconds * RATE) * channels)
    return noise.astype("<i2").tobytes()


def floats(*values: float) -> bytes:
    """A WAV of a quarter of a second of silence and then these samples, as 32-bit floats."""
    samples = np.concatenate([np.zeros(4000), values]).astype("<f4")
    return wav_bytes(samples.tobytes(), tag=3, bits=32)


def flac(seconds: float = 0.5) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.frombuffer(pcm(seconds), "<i2"), RATE, format="FLAC")
    return buffer.getvalue()


UNUSABLE: dict[str, tuple[bytes, str]] = {
    # not audio
    "empty.wav": (b"", "the file is empty (0 bytes)"),
    "text.wav": (b"Dear diary, today I was happy.\n" * 50, "not audio ("),
    "page.mp3": (b"<!DOCTYPE html><html><body>404</body></html>", "not audio ("),
    "noise.bin": (np.random.default_rng(0).bytes(5000), "not audio ("),
    "zeros.wav": (bytes(5000), "not audio ("),
    "program.wav": (b"\x7fELF" + bytes(4000), "not audio ("),
    "photo.jpg": (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(3000), "not audio ("),
    "script.ogg": (b"#!/bin/sh\nrm -rf x\n", "not audio ("),
    "playlist.m3u8": (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "not audio ("),
    # truncated and absurd headers
    "riff.wav": (b"RIFF", "not audio ("),
    "riff-wave.wav": (b"RIFF\x24\0\0\0WAVE", "cannot be decoded ("),
    "half-header.wav": (wav_bytes(pcm())[:30], "cannot be decoded ("),
    "header-only.wav": (wav_bytes(b""), "holds no samples"),
    "no-data.wav": (wav_bytes(pcm())[:36], "cannot be decoded ("),
    "no-bits.wav": (wav_bytes(pcm(), bits=0), "cannot be decoded ("),
    "unknown-codec.wav": (wav_bytes(pcm(), tag=0x7777), "cannot be decoded ("),
    "half-header.flac": (flac()[:20], "cannot be decoded ("),
    "header-only.flac": (flac()[:42], "no samples"),
    "half-page.ogg": (b"OggS\0\x02" + bytes(10), "cannot be decoded ("),
    "half-tag.mp3": (b"ID3\x04\0\0\x7f\x7f\x7f\x7f", "cannot be decoded ("),
    "rate-0.wav": (wav_bytes(pcm(), rate=0), ""),
    "rate-1.wav": (
        wav_bytes(pcm(), rate=1),
        "sampling rate 1 Hz, outside the allowed 1,000 to 768,000 Hz; if the header is right, lower --min-rate (",
    ),
    "rate-10M.wav": (
        wav_bytes(pcm(), rate=10_000_000),
        "10,000,000 Hz, outside the allowed 1,000 to 768,000 Hz; if the header is right, raise --max-rate (",
    ),
    "rate-4G.wav": (wav_bytes(pcm(), rate=0xFFFFFFFF), ""),
    "channels-0.wav": (wav_bytes(pcm(), channels=0), "cannot be decoded ("),
    "channels-100.wav": (
        wav_bytes(pcm(0.1, 100), channels=100),
        "100 channels, above the limit of 64; keep fewer channels or raise --max-channels (Limits.max_channels)",
    ),
    "channels-65535.wav": (wav_bytes(pcm(), channels=65535), ""),
    # too short to be heard
    "one-sample.wav": (wav_bytes(pcm()[:2]), "only 6.25e-05 s long; at least 0.05 s are needed"),
    "short.wav": (wav_bytes(pcm(0.04)), "only 0.04 s long; at least 0.05 s are needed"),
    # samples that are no numbers
    "nan.wav": (floats(0.1, np.nan), "sample at 0.2501 s (channel 0) is nan, not a finite number"),
    "inf.wav": (floats(np.inf), "sample at 0.2500 s (channel 0) is inf, not a finite number"),
    "minus-inf.wav": (floats(0.0, 0.0, -np.inf), "sample at 0.2501 s (channel 0) is -inf, not a finite number"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable_audio_is_one_line(emotrace_command: Emotrace, tmp_path: Path, command: str, name: str) -> None:
    data, sentence = UNUSABLE[name]
    (tmp_path / name).write_bytes(data)
    done = emotrace_command(command, tmp_path / name)
    assert (done.code, done.out) == (1, "")
    assert done.complaint.startswith(f"{tmp_path / name}: ")
    assert sentence in done.complaint
    assert len(done.complaint) < 400


@pytest.mark.parametrize("name", ["text.wav", "nan.wav", "channels-100.wav", "half-header.wav", "empty.wav"])
def test_nothing_is_left_half_written(emotrace_command: Emotrace, tmp_path: Path, name: str) -> None:
    # A minute of sound before the bad sample: part of the timeline is known when it is met.
    data = UNUSABLE[name][0] if name != "nan.wav" else floats(*np.zeros(60 * RATE), np.nan)
    (tmp_path / name).write_bytes(data)
    for form in ("table", "json", "jsonl", "csv", "vtt"):
        done = emotrace_command("analyze", tmp_path / name, "-f", form, "-o", tmp_path / "result")
        assert (done.code, done.out) == (1, "")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_file(emotrace_command: Emotrace, tmp_path: Path, command: str) -> None:
    for path, reason in (
        (tmp_path, "is a folder; give an audio file"),
        (tmp_path / "none.wav", "no such file; check the path"),
        (tmp_path / ("x" * 300), "cannot be opened (file name too long); check the path"),
    ):
        done = emotrace_command(command, path)
        assert (done.code, done.out, done.complaint) == (1, "", f"{path}: {reason}")


@needs_posix
@pytest.mark.parametrize("command", COMMANDS)
def test_pipes_and_loops_of_links(emotrace_command: Emotrace, tmp_path: Path, command: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name, reason in (
        ("pipe", "is a pipe, socket or device, not a file; save the audio to a file first"),
        ("loop", "cannot be opened (too many levels of symbolic links); check the path"),
        ("dangling", "no such file; check the path"),
    ):
        done = emotrace_command(command, tmp_path / name)
        assert (done.code, done.out, done.complaint) == (1, "", f"{tmp_path / name}: {reason}")


@needs_posix
@pytest.mark.parametrize("command", COMMANDS)
def test_no_permission(
    emotrace_command: Emotrace,
    unprivileged: Callable[[], AbstractContextManager[None]],
    public_folder: Path,
    command: str,
) -> None:
    secret = write_wav(public_folder / "secret.wav", np.zeros(800))
    # What is imported late may lie where only root can read.
    assert emotrace_command(command, secret).code == 0
    secret.chmod(0o000)
    with unprivileged():
        done = emotrace_command(command, secret)
    assert (done.code, done.out) == (1, "")
    assert done.complaint == f"{secret}: no permission to read it; change its rights or its owner"


# -- readable, but nobody speaks --------------------------------------------------------------------------

SECONDS = np.arange(3 * RATE) / RATE
NOT_SPEECH = {
    "shortest": np.full(RATE // 20, 0.5),
    "all-zeros": np.zeros(3 * RATE),
    "dc": np.full(3 * RATE, 0.5),
    "full-scale-dc": np.full(3 * RATE, -1.0),
    "tone-100": 0.5 * np.sin(2 * np.pi * 100 * SECONDS),
    "tone-440": 0.5 * np.sin(2 * np.pi * 440 * SECONDS),
    "tone-1000": 0.5 * np.sin(2 * np.pi * 1000 * SECONDS),
    "tone-3000": 0.1 * np.sin(2 * np.pi * 3000 * SECONDS),
    "tone-on-dc": 0.3 + 0.3 * np.sin(2 * np.pi * 440 * SECONDS),
}


@pytest.mark.parametrize("name", NOT_SPEECH)
def test_silence_dc_and_tones_are_no_speech(emotrace_command: Emotrace, tmp_path: Path, name: str) -> None:
    path = write_wav(tmp_path / f"{name}.wav", NOT_SPEECH[name], subtype="FLOAT")
    done = emotrace_command("predict", path, "-f", "json")
    assert (done.code, done.err) == (0, "")
    (record,) = json.loads(done.out)
    assert (record["emotion"], record["confidence"], record["probabilities"]) == ("no speech", None, {})
    done = emotrace_command("analyze", path, "-f", "jsonl")
    assert (done.code, done.err) == (0, "")
    records = [json.loads(line) for line in done.out.splitlines()]
    assert {record["emotion"] for record in records} == {"no speech"}
    assert records[-1]["end"] == pytest.approx(NOT_SPEECH[name].size / RATE, abs=1e-3)
    assert "nobody speaks" in emotrace_command("analyze", path).out


# -- damaged, but readable --------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("declared", [0, 1, 1000, 64_000, 10**6, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF])
def test_wrong_data_size_is_read_with_a_warning(
    emotrace_command: Emotrace, tmp_path: Path, talk: Signal, command: str, declared: int
) -> None:
    samples = (talk * 32767).astype("<i2").tobytes()
    (tmp_path / "right.wav").write_bytes(wav_bytes(samples))
    (tmp_path / "wrong.wav").write_bytes(wav_bytes(samples, declared=declared))
    right = emotrace_command(command, tmp_path / "right.wav", "-f", "jsonl")
    wrong = emotrace_command(command, tmp_path / "wrong.wav", "-f", "jsonl")
    assert (right.code, right.err, wrong.code) == (0, "", 0)
    assert wrong.out == right.out.replace("right.wav", "wrong.wav")
    assert wrong.complaint == (
        f"warning: {tmp_path / 'wrong.wav'}: its WAV header promises {declared:,} bytes of samples, "
        f"but {len(samples):,} are there; reading those"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_crashed_recorder_loses_nothing(
    emotrace_command: Emotrace, tmp_path: Path, talk: Signal, command: str
) -> None:
    """Both sizes of the header are those of the first second; the recording went on."""
    samples = (talk * 32767).astype("<i2").tobytes()
    (tmp_path / "right.wav").write_bytes(wav_bytes(samples))
    second = 2 * RATE
    (tmp_path / "crashed.wav").write_bytes(wav_bytes(samples[:second]) + samples[second:])
    right = emotrace_command(command, tmp_path / "right.wav", "-f", "jsonl")
    crashed = emotrace_command(command, tmp_path / "crashed.wav", "-f", "jsonl")
    assert (right.code, right.err, crashed.code) == (0, "", 0)
    assert crashed.out == right.out.replace("right.wav", "crashed.wav")
    assert crashed.complaint.endswith(
        f"crashed.wav: its WAV header promises {second:,} bytes of samples, "
        f"but {len(samples):,} are there; reading those"
    )


def test_the_warning_stays_out_of_the_result(emotrace_command: Emotrace, tmp_path: Path) -> None:
    (tmp_path / "wrong.wav").write_bytes(wav_bytes(pcm(), declared=0))
    done = emotrace_command("predict", tmp_path / "wrong.wav", "-f", "json", "-o", tmp_path / "result.json")
    assert (done.code, done.out) == (0, "")
    assert done.complaint.startswith("warning: ")
    assert len(json.loads((tmp_path / "result.json").read_text())) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_cut_flac_is_read_with_a_warning(emotrace_command: Emotrace, tmp_path: Path, command: str) -> None:
    data = flac(4.0)
    (tmp_path / "cut.flac").write_bytes(data[: len(data) // 2])
    done = emotrace_command(command, tmp_path / "cut.flac", "-f", "jsonl")
    assert done.code == 0
    assert "cut.flac: " in done.complaint
    assert done.complaint.startswith("warning: ")
    assert 0.5 < json.loads(done.out.splitlines()[-1])["end"] < 3.0


def test_beyond_full_scale_is_clipped_with_a_warning(emotrace_command: Emotrace, tmp_path: Path) -> None:
    (tmp_path / "loud.wav").write_bytes(floats(*np.full(4000, 1e30)))
    done = emotrace_command("predict", tmp_path / "loud.wav")
    assert done.code == 0
    assert done.complaint.endswith("samples reach 1e+30 where full scale is 1; they are clipped")


def test_headers_that_promise_the_world(emotrace_command: Emotrace, tmp_path: Path) -> None:
    # 2^36 - 1 samples: 1193 hours of 16-bit samples, of which none is to be allocated.
    data = bytearray(flac())
    data[21] |= 0x0F
    data[22:26] = b"\xff\xff\xff\xff"
    (tmp_path / "endless.flac").write_bytes(bytes(data))
    done = emotrace_command("predict", tmp_path / "endless.flac")
    assert (done.code, done.out) == (1, "")
    assert "lasts 4,294,967.3 s by its header, above the limit of 86,400.0 s" in done.complaint


def test_every_single_truncation_of_a_wav(emotrace_command: Emotrace, tmp_path: Path) -> None:
    whole = wav_bytes(pcm(0.1))
    one_sample, shortest = 44 + 2, 44 + 2 * RATE // 20
    for length in (*range(0, 60, 3), shortest - 2, shortest, len(whole) - 1):
        (tmp_path / "cut.wav").write_bytes(whole[:length])
        done = emotrace_command("predict", tmp_path / "cut.wav", "-f", "jsonl")
        *warnings, last = done.err.splitlines()
        if length >= shortest:
            assert (done.code, warnings) == (0, []), length
            assert last.startswith("emotrace: warning: "), length
        else:
            assert (done.code, len(warnings)) == (1, int(length >= one_sample)), length
            assert not last.startswith("emotrace: warning: "), length


# -- bundles ----------------------------------------------------------------------------------------------


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A sound bundle, to be spoilt."""
    return make_emotion_bundle(tmp_path / "model").path


def refuse(emotrace_command: Emotrace, silence: Path, bundle: Path) -> str:
    """Let every command that takes a bundle refuse it in the same line; give the line."""
    output = silence.parent / "result"
    manifest = silence.parent / "manifest.csv"
    manifest.write_text("file,emotion\nsilence.wav,anger\n")
    complaints = set()
    for arguments in (
        ["predict", silence, "--model", bundle, "-o", output],
        ["analyze", silence, "--model", bundle, "-o", output],
        ["evaluate", bundle, manifest, "-o", output],
        ["model", "show", bundle],
    ):
        done = emotrace_command(*arguments)
        assert (done.code, done.out) == (1, "")
        assert not output.exists()
        complaints.add(done.complaint)
    (complaint,) = complaints
    start = f"bundle '{bundle}': "
    assert complaint.startswith(start)
    return complaint.removeprefix(start)


def spoil_missing_model(bundle: Path) -> None:
    (bundle / "model.onnx").unlink()


def spoil_missing_card(bundle: Path) -> None:
    (bundle / "card.json").unlink()


def spoil_missing_all(bundle: Path) -> None:
    shutil.rmtree(bundle)


def spoil_emptied(bundle: Path) -> None:
    shutil.rmtree(bundle)
    bundle.mkdir()


def spoil_foreign_file(bundle: Path) -> None:
    (bundle / "weights.bin").write_bytes(b"\0")


def spoil_foreign_code(bundle: Path) -> None:
    (bundle / "setup\x1b[31m.py").write_text("raise SystemExit")


def spoil_foreign_folder(bundle: Path) -> None:
    (bundle / "README.md").mkdir()


def spoil_edited_model(bundle: Path) -> None:
    data = bytearray((bundle / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / "model.onnx").write_bytes(bytes(data))


def spoil_cut_model(bundle: Path) -> None:
    (bundle / "model.onnx").write_bytes((bundle / "model.onnx").read_bytes()[:-1])


def spoil_other_model(bundle: Path) -> None:
    (bundle / "model.onnx").write_bytes(emotion_model(5))


def edit_card(bundle: Path, **values: Any) -> None:
    card = json.loads((bundle / "card.json").read_text())
    (bundle / "card.json").write_text(json.dumps({**card, **values}))


def spoil_hash(bundle: Path) -> None:
    size = (bundle / "model.onnx").stat().st_size
    edit_card(bundle, files={"model.onnx": {"sha256": "0" * 64, "bytes": size}})


def spoil_hashes_missing(bundle: Path) -> None:
    card = json.loads((bundle / "card.json").read_text())
    del card["files"]
    (bundle / "card.json").write_text(json.dumps(card))


def spoil_card_with_unknown_key(bundle: Path) -> None:
    edit_card(bundle, on_load="os.system('x')")


def spoil_card_labels(bundle: Path) -> None:
    edit_card(bundle, labels=["neutral", "hunger", "sadness", "anger"])


def spoil_card_rate(bundle: Path) -> None:
    edit_card(bundle, sampling_rate=1)


def spoil_card_no_json(bundle: Path) -> None:
    (bundle / "card.json").write_text("{'name': 'x'}")


def spoil_card_too_deep(bundle: Path) -> None:
    (bundle / "card.json").write_text("[" * 100_000)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (spoil_missing_model, "model.onnx is missing; a bundle holds card.json and model.onnx"),
        (spoil_missing_card, "card.json is missing; a bundle holds card.json and model.onnx"),
        (spoil_missing_all, "does not exist; give the folder or zip of a bundle"),
        (spoil_emptied, "is not a bundle: neither card.json nor model.onnx is in it"),
        (
            spoil_foreign_file,
            "holds the foreign file 'weights.bin'; only card.json, model.onnx, README.md, LICENSE",
        ),
        (spoil_foreign_code, "holds the foreign file 'setup?[31m.py'"),
        (spoil_foreign_folder, "README.md is not a plain file"),
        (spoil_edited_model, "it was edited or damaged; get the bundle anew from where it came"),
        (spoil_cut_model, "it was edited or damaged; get the bundle anew from where it came"),
        (spoil_other_model, "it was edited or damaged; get the bundle anew from where it came"),
        (spoil_hash, "it was edited or damaged; get the bundle anew from where it came"),
        (spoil_hashes_missing, "key 'files' must give the SHA-256 and bytes of model.onnx"),
        (spoil_card_with_unknown_key, "on_load"),
        (spoil_card_labels, "hunger"),
        (spoil_card_rate, "sampling_rate"),
        (spoil_card_no_json, "card.json"),
        (spoil_card_too_deep, "card.json"),
    ],
)
def test_spoilt_bundle(
    emotrace_command: Emotrace, silence: Path, bundle: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    spoil(bundle)
    assert sentence in refuse(emotrace_command, silence, bundle)


@needs_posix
def test_bundle_of_links(emotrace_command: Emotrace, silence: Path, bundle: Path, tmp_path: Path) -> None:
    (bundle / "model.onnx").rename(tmp_path / "elsewhere.onnx")
    (bundle / "model.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    assert "model.onnx is a symbolic link" in refuse(emotrace_command, silence, bundle)


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "weights.bin", "C:\\secret.bin"])
def test_external_data_is_refused(
    emotrace_command: Emotrace, silence: Path, tmp_path: Path, location: str
) -> None:
    (tmp_path / "secret.bin").write_bytes(np.zeros(4, np.float32).tobytes())
    model = onnx.load_from_string(emotion_model())
    weights = next(tensor for tensor in model.graph.initializer if tensor.name == "bias")
    weights.ClearField("raw_data")
    weights.data_location = onnx.TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=location)
    # The hash is right: whoever made this bundle meant it so.
    bundle = write_unchecked(tmp_path / "model", model.SerializeToString())
    assert "keeps the weights of tensor 'bias' in another file; a bundle's model must hold all of its" in refuse(
        emotrace_command, silence, bundle
    )


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("model.pt", b"PK\x03\x04", "is a '.pt' file, which emotrace never opens"),
        ("model.pkl", b"\x80\x04.", "is a '.pkl' file, which emotrace never opens"),
        ("model.onnx", emotion_model(), "is a bare ONNX model; give the folder or zip"),
        ("model.txt", b"hello", "is neither a folder nor a zip named .zip or .emotrace"),
        ("model.zip", b"hello", "is not a readable zip"),
        ("model.zip", b"", "is not a readable zip"),
    ],
)
def test_what_is_no_bundle(
    emotrace_command: Emotrace, silence: Path, tmp_path: Path, name: str, data: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(data)
    assert sentence in refuse(emotrace_command, silence, tmp_path / name)


def test_zip_that_climbs_out(emotrace_command: Emotrace, silence: Path, bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        for file in bundle.iterdir():
            archive.write(file, file.name)
        archive.writestr("../climbed.txt", "out")
    assert "holds the foreign file '../climbed.txt'" in refuse(emotrace_command, silence, tmp_path / "model.zip")
    assert not (tmp_path / "climbed.txt").exists()


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (b"not a graph", "model.onnx"),
        (emotion_model(3), "gives 3 probabilities, but card.json names 4 labels"),
        (
            graph_bytes([onnx.helper.make_node("Identity", ["waveform"], ["probabilities"])], {}, ["batch", "n"]),
            "model.onnx gives ",
        ),
    ],
)
def test_a_graph_that_does_not_fit_its_card(
    emotrace_command: Emotrace, clip: Path, tmp_path: Path, model: bytes, sentence: str
) -> None:
    bundle = write_unchecked(tmp_path / "model", model, emotion_card())
    for command in COMMANDS:
        done = emotrace_command(command, clip, "--model", bundle, "-o", tmp_path / "result")
        assert (done.code, done.out) == (1, "")
        assert sentence in done.complaint
        assert not (tmp_path / "result").exists()


def test_a_rate_that_the_detector_does_not_share(emotrace_command: Emotrace, clip: Path, tmp_path: Path) -> None:
    bundle = make_emotion_bundle(tmp_path / "model", sampling_rate=8_000).path
    done = emotrace_command("predict", clip, "--model", bundle)
    assert done.code == 2
    assert done.complaint.endswith("wants 8000 Hz, but the speech detector 16000 Hz; they must agree")
