"""The microphone's own logic, against a small stand-in for sounddevice: no sound hardware is needed, or there.

What PortAudio itself says where it is missing is tested for real.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from tests.fake_sound_system import FakeSoundSystem

import emotrace.hear.microphone as microphone_module
from emotrace.errors import AudioWarning, MicrophoneError, MissingExtraError, UnknownNameError, UsageError
from emotrace.hear.microphone import NO_MICROPHONE, Device, list_microphones, open_microphone
from emotrace.hear.session import Session


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSoundSystem]:
    system = FakeSoundSystem()
    monkeypatch.setitem(sys.modules, "sounddevice", system.as_module())
    yield system
    assert not any(stream.is_running for stream in system.streams)


def blocks(n: int, size: int = 320, channels: int = 1) -> np.ndarray:
    return np.arange(1, n + 1)[:, None, None] / 1000.0 * np.ones((1, size, channels))


# -- which one --------------------------------------------------------------------------------------------


def test_list(sound):
    devices = list_microphones()
    assert [device.number for device in devices] == [1, 2, 3, 4]
    assert devices[0] == Device(1, "Built-in Microphone", "ALSA", 2, 44_100, is_default=True)
    assert devices[3].system == "JACK"


@pytest.mark.parametrize(
    ("wanted", "number"),
    [(None, 1), ("built", 1), (" SNOW ", 3), ("Blue Yeti", 2), ("yeti", 2), (4, 4), ("4", 4)],
)
def test_choose(sound, wanted, number):
    with open_microphone(wanted) as microphone:
        assert microphone.device.number == number
        assert sound.streams[0].settings["device"] == number


@pytest.mark.parametrize(
    ("wanted", "kind", "sentence"),
    [
        (
            "Blue Yetti",
            UnknownNameError,
            "no microphone named 'Blue Yetti'; did you mean 'Blue Yeti'\\? Known: Blue",
        ),
        ("", UnknownNameError, "no microphone named ''; known: Blue Snowball, Blue Yeti, Built-in Microphone"),
        (
            "blue",
            UsageError,
            r"more than one microphone fits 'blue': 2 'Blue Yeti' \(ALSA\), 3 'Blue Snow.*\(ALSA\); give a number",
        ),
        (0, UsageError, "no microphone has the number 0; known: 1 'Built-in Microphone', 2 'Blue Yeti'"),
        ("99", UsageError, "no microphone has the number 99"),
        (-1, UsageError, "no microphone has the number -1"),
        ("9" * 5000, UnknownNameError, "no microphone named '999"),
    ],
)
def test_none_of_this_name(sound, wanted, kind, sentence):
    with pytest.raises(kind, match=sentence):
        open_microphone(wanted)


def test_no_default_is_the_first(sound, monkeypatch):
    sound.default_input = -1
    monkeypatch.setitem(sys.modules, "sounddevice", sound.as_module())
    with open_microphone() as microphone:
        assert microphone.device.name == "Built-in Microphone"


def test_no_microphone(sound):
    sound.devices = sound.devices[:1]
    assert list_microphones() == []
    with pytest.raises(
        MicrophoneError, match=r"no microphone found; plug one in .* or pipe sound in: arecord -t raw"
    ):
        open_microphone()
    assert "\n" not in NO_MICROPHONE


def test_wrong_settings(sound):
    for rate in (0, 3_999, 192_001):
        with pytest.raises(
            UsageError, match=r"the sampling rate is .*; it must be a whole number of Hz from 4000 to"
        ):
            open_microphone(sampling_rate=rate)
    for seconds in (0.0, 2.0, float("nan")):
        with pytest.raises(UsageError, match=r"block_seconds is .*; it must be from 0\.001 to 1 second"):
            open_microphone(block_seconds=seconds)


# -- how it is opened -------------------------------------------------------------------------------------


def test_one_channel_at_the_rate_asked_for(sound):
    with open_microphone(sampling_rate=16_000, block_seconds=0.05) as microphone:
        settings = sound.streams[0].settings
        assert (microphone.sampling_rate, settings["samplerate"], settings["blocksize"]) == (16_000, 16_000, 800)
        assert (settings["channels"], settings["dtype"]) == (1, "float32")


def test_a_rate_refused_is_the_devices_own(sound):
    sound.accepts = lambda _device, _channels, rate: rate == 44_100
    with open_microphone(sampling_rate=16_000) as microphone:
        assert microphone.sampling_rate == 44_100


def test_a_device_that_has_two_channels_or_none(sound):
    sound.accepts = lambda _device, channels, rate: (channels, rate) == (2, 44_100)
    with open_microphone(sampling_rate=16_000) as microphone:
        assert (microphone.sampling_rate, sound.streams[0].settings["channels"]) == (44_100, 2)
        sound.streams[0].hear(np.array([[0.5, 0.1], [-0.5, 0.5]]))
        assert microphone.read().tolist() == pytest.approx([0.3, 0.0])


def test_a_rate_beyond_what_a_session_takes(sound):
    sound.devices[1]["default_samplerate"] = 384_000.0
    with open_microphone() as microphone:
        assert microphone.sampling_rate == 192_000


def test_a_device_that_refuses_everything(sound):
    sound.accepts = lambda *_: False
    with pytest.raises(
        MicrophoneError, match=r"microphone 'Built-in Microphone' cannot be opened: Invalid sample rate"
    ):
        open_microphone()


@pytest.mark.parametrize("opens_first", [False, True])
def test_a_device_in_use(sound, opens_first):
    sound.open_error, sound.opens_first = "Device unavailable [PaErrorCode -9985]", opens_first
    with pytest.raises(
        MicrophoneError, match=r"cannot be opened: Device unavailable.*does another program use it"
    ):
        open_microphone()
    assert [stream.n_closed for stream in sound.streams] == [1] * opens_first


# -- what it gives ----------------------------------------------------------------------------------------


def test_blocks_come_as_they_were_heard(sound):
    with open_microphone() as microphone:
        for block in blocks(5):
            sound.streams[0].hear(block)
        heard = [microphone.read() for _ in range(5)]
        assert microphone.read(timeout_seconds=0.0) is None
    assert all(block.shape == (320,) and block.dtype == np.float32 for block in heard)
    assert np.array_equal(np.stack(heard), blocks(5)[:, :, 0].astype(np.float32))
    assert microphone.lost_seconds == 0.0


def test_a_slow_reader_loses_sound_and_is_told_once(sound):
    with open_microphone("yeti", block_seconds=0.5) as microphone:
        for block in blocks(14, size=24_000):
            sound.streams[0].hear(block)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            heard = [microphone.read(0.0) for _ in range(11)]
            sound.streams[0].hear(blocks(1)[0], overflow=True)
            assert microphone.read() is not None
    # Five seconds wait, the rest is dropped, however much comes.
    assert [block is None for block in heard] == [False] * 10 + [True]
    assert microphone.lost_seconds == pytest.approx(2.0 + 320 / 48_000)
    assert [str(warning.message) for warning in caught] == [
        "microphone 'Blue Yeti': sound was lost, this machine could not listen fast enough"
    ]
    assert caught[0].category is AudioWarning


def test_unplugged(sound):
    with open_microphone() as microphone:
        sound.streams[0].hear(blocks(1)[0])
        sound.streams[0].settings["finished_callback"]()
        # What was heard before is given first.
        assert microphone.read(0.0) is not None
        with pytest.raises(MicrophoneError, match="'Built-in Microphone' gives no more sound; is it unplugged"):
            microphone.read(0.0)


def test_a_microphone_that_falls_silent_without_a_word(sound, monkeypatch):
    monkeypatch.setattr(microphone_module, "PATIENCE_SECONDS", 0.05)
    began = time.monotonic()
    with open_microphone() as microphone, pytest.raises(MicrophoneError, match="gives no more sound"):
        next(iter(microphone))
    assert time.monotonic() - began < 5.0


def test_closing_ends_the_iteration(sound):
    heard = []
    with open_microphone() as microphone:
        assert not microphone.is_finished
        sound.streams[0].hear(blocks(1)[0])
        for block in microphone:
            heard.append(block)
            microphone.close()
    assert len(heard) == 1
    assert microphone.is_finished
    assert microphone.read(0.0) is None
    microphone.close()
    assert sound.streams[0].n_closed == 1


def test_a_thread_speaks_and_a_session_hears(sound, recogniser, caller):
    """As it is used: PortAudio's thread, the queue, a session at the device's rate."""
    sound.devices[2]["default_samplerate"] = 16_000.0
    spoken = caller[160_000:224_000]

    def speak() -> None:
        for start in range(0, len(spoken), 320):
            sound.streams[0].hear(spoken[start : start + 320, None])
        sound.streams[0].settings["finished_callback"]()

    with open_microphone(2) as microphone:
        session = Session(recogniser, microphone.sampling_rate)
        thread = threading.Thread(target=speak)
        thread.start()
        results = []
        for block in itertools.islice(microphone, len(spoken) // 320):
            results += session.push(block)
        thread.join()
        with pytest.raises(MicrophoneError, match="gives no more sound"):
            microphone.read()
        results += session.close()
    whole = Session(recogniser, 16_000)
    assert results == whole.push(spoken) + whole.close()
    assert any(result.prediction.is_speech for result in results)


# -- what is missing --------------------------------------------------------------------------------------


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(
        MissingExtraError, match=r"hearing a microphone needs the extra 'mic': pip install 'emotrace\[mic"
    ):
        list_microphones()


def test_without_portaudio():
    """For real where this machine has no PortAudio; where it has, ctypes is made not to find it."""
    program = (
        "import ctypes.util; ctypes.util.find_library = lambda name: None\n"
        "from emotrace.errors import MicrophoneError\n"
        "from emotrace.hear.microphone import open_microphone\n"
        "try:\n    open_microphone()\n"
        "except MicrophoneError as error:\n    print(error)\n"
    )
    if sys.platform != "linux":
        pytest.skip("sounddevice brings PortAudio along here")
    pytest.importorskip("_sounddevice", reason="the extra mic is not installed")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    assert line.startswith("hearing a microphone needs the PortAudio library: apt install libportaudio2 (Debian")
    assert line.endswith("or pipe sound in: arecord -t raw -f S16_LE -r 16000 | emotrace listen -")


def test_a_sound_system_that_does_not_start(monkeypatch, sound):
    module = sound.as_module()

    def fail() -> None:
        raise module.PortAudioError("Internal PortAudio error [PaErrorCode -9986]")

    module.query_devices = fail
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    with pytest.raises(
        MicrophoneError, match="the sound devices of this machine cannot be listed: Internal PortAudio"
    ):
        list_microphones()
