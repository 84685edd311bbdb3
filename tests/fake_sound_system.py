"""A small stand-in for sounddevice, for machines without sound hardware: a test plays the hardware.

Import it as ``from tests.fake_sound_system import FakeSoundSystem`` and put ``as_module()`` into ``sys.modules``.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DEVICES = [
    {"name": "Speakers", "hostapi": 0, "max_input_channels": 0, "default_samplerate": 48000.0},
    {"name": "Built-in Microphone", "hostapi": 0, "max_input_channels": 2, "default_samplerate": 44100.0},
    {"name": "Blue Yeti", "hostapi": 0, "max_input_channels": 1, "default_samplerate": 48000.0},
    {"name": "Blue Snowball", "hostapi": 0, "max_input_channels": 1, "default_samplerate": 48000.0},
    {"name": "Blue Yeti", "hostapi": 1, "max_input_channels": 1, "default_samplerate": 96000.0},
]


@dataclass
class FakeSoundSystem:
    """A module that can do what emotrace uses of sounddevice; a test plays the hardware."""

    devices: list[dict[str, Any]] = field(default_factory=lambda: [dict(device) for device in DEVICES])
    default_input: int = 1
    accepts: Callable[[int, int, float], bool] = lambda _device, _channels, _rate: True
    open_error: str = ""
    opens_first: bool = False
    streams: list[Any] = field(default_factory=list)

    def as_module(self) -> types.ModuleType:
        module = types.ModuleType("sounddevice")
        system = self

        class PortAudioError(Exception):
            pass

        class InputStream:
            def __init__(self, **settings: Any) -> None:
                if system.open_error and not system.opens_first:
                    raise PortAudioError(system.open_error)
                self.settings, self.is_running, self.n_closed = settings, False, 0
                system.streams.append(self)

            def start(self) -> None:
                if system.open_error:
                    raise PortAudioError(system.open_error)
                self.is_running = True

            def close(self) -> None:
                self.is_running = False
                self.n_closed += 1
                self.settings["finished_callback"]()

            def hear(self, samples: np.ndarray, overflow: bool = False) -> None:
                """Do as PortAudio does: one buffer, used again and again."""
                buffer = samples.astype(np.float32)
                self.settings["callback"](
                    buffer, len(buffer), None, types.SimpleNamespace(input_overflow=overflow)
                )
                buffer[:] = np.nan

        def check_input_settings(device: int, channels: int, dtype: str, samplerate: float) -> None:
            assert dtype == "float32"
            if not system.accepts(device, channels, samplerate):
                raise PortAudioError("Invalid sample rate [PaErrorCode -9997]")

        module.PortAudioError = PortAudioError
        module.InputStream = InputStream
        module.check_input_settings = check_input_settings
        module.query_devices = lambda: tuple(self.devices)
        module.query_hostapis = lambda: ({"name": "ALSA"}, {"name": "JACK"})
        module.default = types.SimpleNamespace(device=[self.default_input, 0])
        return module
