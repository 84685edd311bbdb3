"""``emotrace augment``: what is listed, what is written, what is refused."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 8_000
DEMO = ("--channel", 1, "--start", 5, "--seconds", 1)


def test_list_names_presets_and_plans(emotrace_command):
    result = emotrace_command("augment", "list")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert "  quality-assurance       amount 0.03" in lines
    assert "  avatar                  rate 0.9 to 1.1, decimals 2" in lines
    assert "plans, for training clips only:" in lines
    facts = json.loads(emotrace_command("augment", "list", "--format", "json").out)
    assert facts["augmentations"]["pitch-shift"]["presets"]["capstone"] == {"semitones": 0.7}
    assert facts["augmentations"]["spec-augment"]["level"] == "spectrogram"
    assert facts["plans"]["avatar"]["copies"] == [["noise:avatar", "time-stretch:avatar", "pitch-shift:avatar"]]


def test_preview_writes_a_sound_and_a_picture_of_each(emotrace_command, demo_call: Path, tmp_path: Path):
    pytest.importorskip("matplotlib")
    folder = tmp_path / "new" / "preview"
    only = ["--only", "gain", "--only", "time-stretch:capstone", "--only", "spec_augment:default"]
    result = emotrace_command("augment", "preview", demo_call, "-o", folder, *only, *DEMO)
    assert (result.code, result.err) == (0, "")
    assert result.out == f"{folder}: 5 sounds, 6 pictures; overview.png shows all of them\n"
    assert sorted(path.name for path in folder.iterdir()) == [
        "gain-too-loud.png",
        "gain-too-loud.wav",
        "gain-whispered.png",
        "gain-whispered.wav",
        "gain.png",
        "gain.wav",
        "original.wav",
        "overview.png",
        "spec-augment.png",
        "time-stretch-capstone.png",
        "time-stretch-capstone.wav",
    ]
    original, rate = soundfile.read(folder / "original.wav")
    assert (rate, original.size) == (RATE, RATE)
    call, _ = soundfile.read(demo_call)
    np.testing.assert_allclose(original, call[5 * RATE : 6 * RATE, 1], atol=2e-4)
    assert soundfile.info(folder / "time-stretch-capstone.wav").frames == round(RATE / 0.8)
    assert np.abs(soundfile.read(folder / "gain-whispered.wav")[0]).max() < 0.11 * np.abs(original).max()
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in folder.glob("*.png"))


def test_a_preset_sounds_the_same_alone_as_among_others(
    emotrace_command, demo_call: Path, tmp_path: Path, monkeypatch
):
    # Pictures would only take time.
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    def sound(folder: str, *how: object) -> bytes:
        emotrace_command("augment", "preview", demo_call, "-o", tmp_path / folder, *DEMO, *how)
        return (tmp_path / folder / "noise-capstone.wav").read_bytes()

    alone = sound("alone", "--only", "noise:capstone")
    assert sound("both", "--only", "noise") == alone
    assert sound("seed", "--only", "noise:capstone", "--seed", 1) != alone


def test_without_matplotlib_the_sounds_are_written_and_the_extra_is_named(
    emotrace_command, demo_call: Path, tmp_path: Path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = emotrace_command("augment", "preview", demo_call, "-o", tmp_path, "--only", "clip:light", *DEMO)
    assert (result.code, result.out) == (1, "")
    assert result.complaint == (
        f"the sounds are in {tmp_path}; drawing their spectrograms needs the extra 'plot': "
        "pip install 'emotrace[plot]'"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip-light.wav", "original.wav"]


def test_an_almost_silent_stretch_is_pointed_out(emotrace_command, demo_call: Path, tmp_path: Path):
    how = ("--channel", 1, "--seconds", 0.5, "--only", "time-shift:default")
    result = emotrace_command("augment", "preview", demo_call, "-o", tmp_path, *how)
    assert result.code == 0
    assert result.complaint == (
        f"warning: {demo_call} is all but silent from 0 s on; --start and --channel choose another stretch"
    )


def test_what_reaches_beyond_full_scale_is_written_quieter(emotrace_command, tmp_path: Path):
    loud = tmp_path / "loud.wav"
    soundfile.write(loud, np.sign(np.sin(np.arange(RATE) * 0.1)) * 0.99, RATE)
    result = emotrace_command("augment", "preview", loud, "-o", tmp_path / "o", "--only", "room:hall")
    assert result.code == 0
    assert result.complaint == "warning: beyond full scale, written quieter: room-hall"
    peak = np.abs(soundfile.read(tmp_path / "o" / "room-hall.wav")[0]).max()
    assert peak == pytest.approx(0.999, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("--only", "nose"), 2, "no augmentation named 'nose'; did you mean 'noise'?"),
        (("--only", "noise:s4"), 2, "no preset of noise named 's4'; known: avatar, capstone, default,"),
        (("--start", "99"), 1, "before --start 99; choose an earlier one"),
        (("--channel", "5"), 1, "channel 5"),
        (("--seconds", "0"), 2, "--seconds"),
        (("--seed", "-1"), 2, "--seed"),
    ],
)
def test_mistakes_end_in_one_line_and_write_nothing(
    emotrace_command, demo_call: Path, tmp_path: Path, arguments, code, complaint
):
    result = emotrace_command("augment", "preview", demo_call, "-o", tmp_path / "out", *arguments)
    assert (result.code, result.out) == (code, "")
    assert complaint in result.complaint
    assert not (tmp_path / "out").exists()


def test_the_recording_itself_is_never_overwritten(emotrace_command, demo_call: Path, tmp_path: Path):
    first = emotrace_command("augment", "preview", demo_call, "-o", tmp_path, "--only", "gain:default", *DEMO)
    assert first.code == 0
    recording = tmp_path / "original.wav"
    before = recording.read_bytes()
    result = emotrace_command("augment", "preview", recording, "-o", tmp_path, "--only", "gain:default")
    assert result.code == 2
    assert result.complaint == f"{recording} is the recording itself; choose another folder with --output"
    assert recording.read_bytes() == before


def test_a_file_is_no_folder(emotrace_command, demo_call: Path, tmp_path: Path):
    taken = tmp_path / "taken"
    shutil.copy(demo_call, taken)
    result = emotrace_command("augment", "preview", demo_call, "-o", taken, "--only", "gain:default")
    assert result.code == 1
    assert result.complaint == f"cannot write into {taken}: {taken} is not a folder; give another one"


def test_a_full_disk_is_told_in_one_line(emotrace_process, demo_call: Path, tmp_path: Path):
    resource = pytest.importorskip("resource")
    output = tmp_path / "out"
    result = emotrace_process(
        "augment", "preview", demo_call, "-o", output, "--only", "gain:default", *DEMO,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000)),
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"emotrace: cannot write into {output}: File too large\n"
    assert list(output.iterdir()) == []
