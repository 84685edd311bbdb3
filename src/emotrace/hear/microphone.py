"""The microphone: blocks of samples from a sound device of this machine, by PortAudio (the extra ``mic``).

PortAudio calls back from a thread of its own, which may never wait: blocks go into a queue of limited length, and
what finds it full is dropped and counted. Whoever reads too slowly hears gaps, but memory does not grow.
"""

from __future__ import annotations

import contextlib
import math
import queue
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType, TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import AudioWarning, MicrophoneError, MissingExtraError, UnknownNameError, UsageError
from emotrace.hear.session import HIGHEST_RATE, LOWEST_RATE

LONGEST_BACKLOG_SECONDS = 5.0
"""How much sound waits at most for a slow reader; what comes then is dropped."""

PATIENCE_SECONDS = 5.0
"""A microphone that gives no block for so long is taken for gone. Wireless ones take seconds to begin."""

_WAIT_SECONDS = 0.1
_WITHOUT = "or pipe sound in: arecord -t raw -f S16_LE -r 16000 | emotrace listen -"

NO_MICROPHONE = f"no microphone found; plug one in and let this program use it, {_WITHOUT}"
"""What is said where `list_microphones` gives none."""

Signal = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device that can be listened to.

    Attributes
    ----------
    number, name
        Either names it to `open_microphone`.
    system
        Through which of the machine's sound systems, for instance ``ALSA`` or ``Windows WASAPI``; one microphone
        may be there in several.
    n_channels
        How many channels it has.
    sampling_rate
        Its own rate in Hz.
    is_default
        It is the one that is opened where none is named.
    """

    number: int
    name: str
    system: str
    n_channels: int
    sampling_rate: int
    is_default: bool = False


def list_microphones() -> list[Device]:
    """List the sound devices that can be listened to, in PortAudio's order; perhaps none.

    Raises
    ------
    MissingExtraError
        If sounddevice is not installed.
    MicrophoneError
        If the PortAudio library is not installed, or does not work here.
    """
    return _devices(_sounddevice())


def open_microphone(
    device: str | int | None = None, sampling_rate: int | None = None, block_seconds: float = 0.02
) -> Microphone:
    """Open a microphone; it listens from now until it is closed.

    Parameters
    ----------
    device
        Name, part of a name (both in any case), or number of a device as `list_microphones` gives them; None for
        the system's default.
    sampling_rate
        The rate to ask for, in Hz, 4,000 to 192,000. A device that refuses it gives its own: see
        `Microphone.sampling_rate`. None for its own.
    block_seconds
        How much sound comes at once, 0.001 to 1 s.

    Raises
    ------
    MissingExtraError, MicrophoneError
        As `list_microphones`; and if there is no microphone, or it cannot be opened.
    UsageError
        If there is none of this name, or more than one, or a number is out of its range.

    Examples
    --------
    ::

        with open_microphone() as microphone:
            session = Session(emotrace.load(), microphone.sampling_rate)
            for block in microphone:
                for result in session.push(block):
                    print(result.prediction.emotion)
    """
    if sampling_rate is not None and not LOWEST_RATE <= sampling_rate <= HIGHEST_RATE:
        raise UsageError(
            f"the sampling rate is {sampling_rate}; it must be a whole number of Hz from {LOWEST_RATE} to "
            f"{HIGHEST_RATE}"
        )
    if not 0.001 <= block_seconds <= 1.0:
        raise UsageError(f"block_seconds is {block_seconds:g}; it must be from 0.001 to 1 second")
    sounddevice = _sounddevice()
    chosen = _choose(_devices(sounddevice), device)
    return Microphone(sounddevice, chosen, sampling_rate, block_seconds)


class Microphone:
    """An open microphone. Made by `open_microphone`; a context manager, and an iterator over its blocks.

    Iterating ends when the microphone is closed, for instance from another thread.

    Attributes
    ----------
    device
        What is heard.
    sampling_rate
        In Hz; not always the one that was asked for.
    """

    def __init__(
        self, sounddevice: ModuleType, device: Device, sampling_rate: int | None, block_seconds: float
    ) -> None:
        self.device = device
        self._blocks: queue.Queue[Signal] = queue.Queue(math.ceil(LONGEST_BACKLOG_SECONDS / block_seconds))
        self._n_lost = 0
        self._has_warned = self._has_stopped = self._is_closed = False
        n_channels, self.sampling_rate = _settle(sounddevice, device, sampling_rate)
        self._last = time.monotonic()
        with contextlib.ExitStack() as undo:
            try:
                self._stream = sounddevice.InputStream(
                    samplerate=self.sampling_rate,
                    blocksize=max(1, round(block_seconds * self.sampling_rate)),
                    device=device.number,
                    channels=n_channels,
                    dtype="float32",
                    callback=self._take,
                    finished_callback=self._stop,
                )
                undo.callback(self._stream.close)
                self._stream.start()
            except sounddevice.PortAudioError as error:
                raise _cannot_open(device, error) from None
            undo.pop_all()

    @property
    def lost_seconds(self) -> float:
        """How much sound has been dropped because nobody took it in time."""
        return self._n_lost / self.sampling_rate

    @property
    def is_finished(self) -> bool:
        """True once it is closed."""
        return self._is_closed

    def read(self, timeout_seconds: float = _WAIT_SECONDS) -> Signal | None:
        """Give the next block, float32 of shape (n_samples,) in [-1, 1]; None if none comes in time.

        Warns
        -----
        AudioWarning
            Once, if sound has been lost.

        Raises
        ------
        MicrophoneError
            If the microphone has been unplugged, or has given nothing for five seconds.
        """
        try:
            block = self._blocks.get(timeout=timeout_seconds)
        except queue.Empty:
            self._require_alive()
            return None
        self._last = time.monotonic()
        if self._n_lost and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"microphone '{self.device.name}': sound was lost, this machine could not listen fast enough",
                AudioWarning,
                stacklevel=2,
            )
        return block

    def close(self) -> None:
        """Stop listening; blocks not yet read are dropped. A second call does nothing."""
        if not self._is_closed:
            self._is_closed = True
            self._stream.close()

    def __iter__(self) -> Iterator[Signal]:
        while not self._is_closed:
            block = self.read()
            if block is not None:
                yield block

    def __enter__(self) -> Microphone:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self, samples: NDArray[np.float32], n_samples: int, _time: Any, status: Any) -> None:
        """Called by PortAudio, whose samples are gone when this returns."""
        if status.input_overflow:
            # PortAudio does not say how much it has dropped; a block is the least.
            self._n_lost += n_samples
        try:
            self._blocks.put_nowait(samples.mean(axis=1, dtype=np.float32))
        except queue.Full:
            self._n_lost += n_samples

    def _stop(self) -> None:
        """Called by PortAudio when no more samples will come."""
        self._has_stopped = True

    def _require_alive(self) -> None:
        if self._is_closed:
            return
        if self._has_stopped or time.monotonic() - self._last > PATIENCE_SECONDS:
            raise MicrophoneError(
                f"microphone '{self.device.name}' gives no more sound; is it unplugged or switched off?"
            )


def _sounddevice() -> ModuleType:
    try:
        import sounddevice
    except ImportError:
        raise MissingExtraError("hearing a microphone", "mic") from None
    except OSError:
        raise MicrophoneError(
            "hearing a microphone needs the PortAudio library: apt install libportaudio2 (Debian, Ubuntu), "
            f"dnf install portaudio (Fedora), brew install portaudio (macOS); {_WITHOUT}"
        ) from None
    except Exception as error:
        # Its own PortAudioError, which cannot be had where importing it fails.
        raise MicrophoneError(f"the sound system of this machine does not start: {error}; {_WITHOUT}") from None
    module: ModuleType = sounddevice
    return module


def _devices(sounddevice: ModuleType) -> list[Device]:
    try:
        infos = list(sounddevice.query_devices())
        systems = [system["name"] for system in sounddevice.query_hostapis()]
        default = sounddevice.default.device[0]
    except sounddevice.PortAudioError as error:
        raise MicrophoneError(f"the sound devices of this machine cannot be listed: {error}; {_WITHOUT}") from None
    return [
        Device(
            number=number,
            name=info["name"],
            system=systems[info["hostapi"]],
            n_channels=info["max_input_channels"],
            sampling_rate=round(info["default_samplerate"]),
            is_default=number == default,
        )
        for number, info in enumerate(infos)
        if info["max_input_channels"] > 0
    ]


def _choose(devices: list[Device], wanted: str | int | None) -> Device:
    if not devices:
        raise MicrophoneError(NO_MICROPHONE)
    defaults = [device for device in devices if device.is_default] or devices
    if wanted is None:
        return defaults[0]
    if isinstance(wanted, int) or (wanted.isdecimal() and len(wanted) < 10):
        number = int(wanted)
        for device in devices:
            if device.number == number:
                return device
        listing = ", ".join(f"{device.number} '{device.name}'" for device in devices)
        raise UsageError(f"no microphone has the number {number}; known: {listing}")
    return _choose_by_name(devices, wanted, defaults[0].system)


def _choose_by_name(devices: list[Device], wanted: str, usual_system: str) -> Device:
    name = wanted.strip().lower()
    found = [device for device in devices if device.name.lower() == name]
    if not found and name:
        found = [device for device in devices if name in device.name.lower()]
    # Windows shows each microphone in up to four sound systems.
    found = [device for device in found if device.system == usual_system] or found
    if not found:
        raise UnknownNameError("microphone", wanted, {device.name for device in devices})
    if len(found) > 1:
        listing = ", ".join(f"{device.number} '{device.name}' ({device.system})" for device in found)
        raise UsageError(f"more than one microphone fits '{wanted}': {listing}; give a number")
    return found[0]


def _settle(sounddevice: ModuleType, device: Device, sampling_rate: int | None) -> tuple[int, int]:
    """Find a number of channels and a rate that the device accepts, if it can be one channel at the rate asked."""
    refusal: Exception | None = None
    own_rate = min(max(device.sampling_rate, LOWEST_RATE), HIGHEST_RATE)
    for rate in dict.fromkeys((sampling_rate or own_rate, own_rate)):
        # Some devices cannot give fewer channels than they have; virtual ones claim more than are sensible.
        for n_channels in dict.fromkeys((1, min(2, device.n_channels), min(device.n_channels, 64))):
            try:
                sounddevice.check_input_settings(
                    device=device.number, channels=n_channels, dtype="float32", samplerate=rate
                )
            except sounddevice.PortAudioError as error:
                refusal = error
            else:
                return n_channels, rate
    assert refusal is not None
    raise _cannot_open(device, refusal)


def _cannot_open(device: Device, error: Exception) -> MicrophoneError:
    return MicrophoneError(
        f"microphone '{device.name}' cannot be opened: {error}; does another program use it, or may this one not? "
        "Others: emotrace listen --list-devices"
    )
