"""Make the demo recording: a two-speaker telephone call of about one minute, **synthesised**.

Nobody's voice is in it: both speakers are the free formant synthesiser espeak-ng, the words were written
for this script, and the line noise is made by code. The agent is on the left channel, the caller on the
right. The caller starts ordinary, becomes heated (faster, louder, higher, with a wider pitch range and
more vocal effort) and is calmed.

The result is shipped as ``src/emotrace/assets/demo-call.flac``; espeak-ng (1.51 made the shipped file) is
needed only to make it again::

    python examples/make_demo_call.py [OUTPUT.flac]

The same versions of espeak-ng, numpy and soxr give the same file: nothing is random but the line noise, whose
seed is fixed.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Signal = NDArray[np.float64]

SAMPLING_RATE = 8000  # Hz, as telephone calls are stored
BAND_HZ = (250.0, 3600.0)  # a little wider than the classic 300-3400 Hz
NOISE_DB = -70.0  # line noise, dB relative to full scale (root mean square)
HUM_DB = -76.0
PEAK_DB = -1.5  # the loudest moment of the call
SEED = 20240229
OUTPUT = Path(__file__).parents[1] / "src" / "emotrace" / "assets" / "demo-call.flac"

AGENT, CALLER = 0, 1
VOICES = {AGENT: "en-gb-x-rp+f3", CALLER: "en-us+m3"}


@dataclass(frozen=True)
class Manner:
    """How something is said: espeak-ng's own units, and what is added to its sound."""

    words_per_minute: int
    pitch: int  # 0 to 99
    pitch_range_percent: int  # 100 is the voice's own
    level_db: float  # relative to full scale, root mean square while speaking
    effort: float = 0.0  # 0 to 1: how much of the high frequencies shouting adds


STEADY = Manner(words_per_minute=172, pitch=56, pitch_range_percent=100, level_db=-25.0)
SOOTHING = Manner(words_per_minute=152, pitch=50, pitch_range_percent=80, level_db=-27.0)
ORDINARY = Manner(words_per_minute=165, pitch=42, pitch_range_percent=90, level_db=-25.0)
IRRITATED = Manner(words_per_minute=190, pitch=62, pitch_range_percent=150, level_db=-21.0, effort=0.3)
HEATED = Manner(words_per_minute=222, pitch=92, pitch_range_percent=240, level_db=-15.5, effort=0.8)
COOLING = Manner(words_per_minute=168, pitch=50, pitch_range_percent=110, level_db=-23.0, effort=0.1)
CALM = Manner(words_per_minute=145, pitch=38, pitch_range_percent=70, level_db=-27.0)


@dataclass(frozen=True)
class Line:
    """One turn; ``pause`` in seconds after the turn before, negative where it is cut short."""

    speaker: int
    manner: Manner
    pause: float
    text: str


CALL = (
    Line(AGENT, STEADY, 0.8, "Good morning, Northline Energy, this is Grace. How can I help?"),
    Line(CALLER, ORDINARY, 0.7, "Hello. I am calling about my last bill. It is twice as high as usual."),
    Line(AGENT, STEADY, 0.6, "I see. May I have your customer number?"),
    Line(CALLER, ORDINARY, 0.9, "Yes. It is four four seven, two one nine."),
    Line(AGENT, STEADY, 1.1, "Thank you. Your meter was not read, so we made an estimate."),
    Line(CALLER, IRRITATED, 0.4, "An estimate? I sent you the reading myself. Twice!"),
    Line(AGENT, STEADY, 0.5, "It seems that the reading has not reached us yet, and that is why we"),
    Line(CALLER, HEATED, -0.5, "Not reached you? This is the third time that I am calling!"),
    Line(CALLER, HEATED, 0.3, "Every time somebody says sorry, and then nothing happens! Nothing at all!"),
    Line(CALLER, HEATED, 0.3, "You took the money from my account. I want it back, and I want it back today!"),
    Line(AGENT, SOOTHING, 0.7, "You are right, and I apologise. I have your reading here."),
    Line(AGENT, SOOTHING, 0.5, "I am correcting the bill now. The money is with you tomorrow."),
    Line(CALLER, COOLING, 0.9, "Well. And it is really done this time?"),
    Line(AGENT, SOOTHING, 0.5, "It is done. I am sending you the confirmation."),
    Line(CALLER, CALM, 0.9, "All right. Thank you, Grace. That is all I wanted."),
    Line(AGENT, SOOTHING, 0.6, "Thank you for your patience. Have a good day."),
    Line(CALLER, CALM, 0.5, "You too. Goodbye."),
)
CLOSING_SECONDS = 0.8


def main() -> None:
    """Write the call to the path given, or to where it is shipped."""
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    call = make_call()
    soundfile.write(output, call.T, SAMPLING_RATE, subtype="PCM_16", format="FLAC")
    seconds, peak_db = call.shape[1] / SAMPLING_RATE, 20 * np.log10(np.abs(call).max())
    print(f"{output}: {seconds:.1f} s, {call.shape[0]} channels, peak {peak_db:.1f} dB")


def make_call() -> Signal:
    """Give the entire call, shape ``(2, n_samples)``."""
    turns = [_speak(line) for line in CALL]
    starts, end = [], 0
    for line, turn in zip(CALL, turns, strict=True):
        start = end + round(line.pause * SAMPLING_RATE)
        starts.append(start)
        end = start + len(turn)
    call = np.zeros((2, end + round(CLOSING_SECONDS * SAMPLING_RATE)))
    for line, turn, start in zip(CALL, turns, starts, strict=True):
        call[line.speaker, start : start + len(turn)] += turn
    call = _telephone_band(call)
    call *= _amplitude(PEAK_DB) / np.abs(call).max()
    return call + _line_noise(call.shape)


def _speak(line: Line) -> Signal:
    """Synthesise one turn at the level its manner asks for, without silence around it."""
    manner = line.manner
    spoken, rate = _synthesise(line.text, VOICES[line.speaker], manner)
    signal: Signal = soxr.resample(spoken, rate, SAMPLING_RATE)
    # Raised voices lose less towards high frequencies; a first difference is a simple tilt upwards.
    signal = signal + manner.effort * np.diff(signal, prepend=0.0)
    signal = _trim(signal)
    loud = np.abs(signal) > 0.05 * np.abs(signal).max()
    level = float(np.sqrt(np.mean(signal[loud] ** 2)))
    return signal * (_amplitude(manner.level_db) / level)


def _synthesise(text: str, voice: str, manner: Manner) -> tuple[Signal, int]:
    program = shutil.which("espeak-ng")
    if program is None:
        sys.exit("make_demo_call.py needs espeak-ng; install it, for instance: apt-get install espeak-ng")
    # Only the mark-up language can set the pitch range.
    marked = f'<prosody range="{manner.pitch_range_percent}%">{escape(text)}</prosody>'
    pace, pitch = str(manner.words_per_minute), str(manner.pitch)
    command = [program, "-m", "-v", voice, "-s", pace, "-p", pitch, "--stdout", marked]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603  (our own words)
    signal, rate = soundfile.read(io.BytesIO(spoken), dtype="float64")
    return signal, rate


def _trim(signal: Signal, margin_seconds: float = 0.02) -> Signal:
    """Cut the silence before and after, 40 dB below the peak, and fade the cut edges."""
    heard = np.flatnonzero(np.abs(signal) > 0.01 * np.abs(signal).max())
    margin = round(margin_seconds * SAMPLING_RATE)
    signal = signal[max(heard[0] - margin, 0) : heard[-1] + margin].copy()
    fade = np.linspace(0.0, 1.0, margin)
    signal[:margin] *= fade
    signal[-margin:] *= fade[::-1]
    return signal


def _telephone_band(call: Signal) -> Signal:
    """Keep what a telephone line carries; soft edges, 100 Hz wide, so that nothing rings."""
    spectrum = np.fft.rfft(call, axis=1)
    frequencies = np.fft.rfftfreq(call.shape[1], 1.0 / SAMPLING_RATE)
    low, high = BAND_HZ
    gain = np.clip((frequencies - low + 100.0) / 100.0, 0.0, 1.0)
    gain *= np.clip((high + 100.0 - frequencies) / 100.0, 0.0, 1.0)
    return np.fft.irfft(spectrum * gain, n=call.shape[1], axis=1)


def _line_noise(shape: tuple[int, ...]) -> Signal:
    """Soft hiss, another on each channel, and a 50 Hz hum with its third harmonic."""
    rng = np.random.default_rng(SEED)
    hiss = rng.standard_normal(shape)
    hiss = hiss + np.roll(hiss, 1, axis=1)  # softer towards high frequencies
    hiss *= _amplitude(NOISE_DB) / np.sqrt(np.mean(hiss**2))
    time = np.arange(shape[1]) / SAMPLING_RATE
    hum = np.sin(2 * np.pi * 50.0 * time) + 0.5 * np.sin(2 * np.pi * 150.0 * time)
    hum *= _amplitude(HUM_DB) / float(np.sqrt(np.mean(hum**2)))
    return hiss + hum


def _amplitude(level_db: float) -> float:
    return float(10.0 ** (level_db / 20.0))


if __name__ == "__main__":
    main()
