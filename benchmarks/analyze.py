"""How fast is ``emotrace analyze`` on one thread, and does its memory grow with the length of the recording?

The material is the shipped demo call (synthesised speech, 8 kHz), both sides mixed, resampled to 16 kHz and
repeated to 3 minutes, 30 minutes and 3 hours, as FLAC. Each length is analysed by whole new processes with the
default window and hop, start-up, decoding and writing of JSON included. In the second half the parts are timed
alone in this process: CPU time per second of audio.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _measure import DEMO_CALL, ONE_THREAD, emotrace_command, parser, report, sum_up, summary, weigh

MINUTES = {"3 min": 3, "30 min": 30, "3 h": 180}

TILE = """
import sys
import numpy as np
import soundfile
import soxr
signal, rate = soundfile.read(sys.argv[1], dtype="float32")
call = soxr.resample(signal.mean(axis=1), rate, 16_000)
left = int(sys.argv[3]) * 60 * 16_000
with soundfile.SoundFile(sys.argv[2], "w", 16_000, 1, format="FLAC", subtype="PCM_16") as file:
    while left > 0:
        file.write(call[:left])
        left -= len(call)
"""


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument(
        "-n", "--runs", type=int, default=3, help="how often up to 30 min run (default %(default)s)"
    )
    arguments = options.parse_args()
    # The parts below run in this process.
    os.environ.update(ONE_THREAD)
    rows = [["", "wall s", "x real time", "CPU s", "peak MB"]]
    lengths: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        recording, timeline = Path(folder) / "tiled.flac", Path(folder) / "timeline.json"
        analyze = [*emotrace_command(), "analyze", str(recording), "--format", "json", "-o", str(timeline)]
        for name, minutes in MINUTES.items():
            # In a process of its own: see `_measure`.
            weigh([sys.executable, "-c", TILE, DEMO_CALL, recording, str(minutes)])
            n_runs = arguments.runs if minutes <= 30 else 1
            runs = [weigh(analyze, **ONE_THREAD) for _ in range(n_runs)]
            speeds = summary([60 * minutes / run.wall_seconds for run in runs], 1)
            cost = sum_up(runs)
            shares = _shares(timeline)
            lengths[name] = {"n_runs": n_runs, "times_real_time": speeds, **cost, **shares}
            wall, cpu, peak = cost["wall_seconds"], cost["cpu_seconds"], cost["peak_rss_mb"]
            medians = [f"{wall['median']:.2f}", f"{speeds['median']:.0f}", f"{cpu['median']:.2f}"]
            rows.append([name, *medians, f"{peak['max']:.0f}"])
        weigh([sys.executable, "-c", TILE, DEMO_CALL, recording, "3"])
        parts = _time_parts(recording)
    peaks = [lengths[name]["peak_rss_mb"]["max"] for name in MINUTES]
    results = {
        "what": "emotrace analyze, one thread, 16 kHz mono FLAC tiled from the demo call, from start to JSON",
        "environment": ONE_THREAD,
        "lengths": lengths,
        "peak_rss_3_h_over_3_min": round(peaks[-1] / peaks[0], 3),
        "parts_cpu_microseconds_per_second_of_audio": parts,
    }
    report(rows, results, arguments.output)
    print(
        f"peak memory of 3 h over that of 3 min: {peaks[-1] / peaks[0]:.2f}; target 100 x real time on 30 min\n"
        f"speech: {lengths['30 min']['share_of_speech']:.0%}; CPU microseconds per second of audio:"
    )
    for part, microseconds in parts.items():
        print(f"  {microseconds:6.0f}  {part}")


def _shares(timeline: Path) -> dict[str, float]:
    """Say how much of the recording is speech, and of how many hops the emotion model was asked."""
    (channel,) = json.loads(timeline.read_text(encoding="utf-8"))["channels"]
    emotions = [prediction["confidence"] is not None for prediction in channel["predictions"]]
    return {
        "share_of_speech": round(channel["speech_seconds"] / channel["duration"], 3),
        "share_of_hops_with_emotion": round(sum(emotions) / len(emotions), 3),
    }


def _time_parts(recording: Path) -> dict[str, float]:
    """Time each part on ``recording`` alone; its cost per second of the whole recording, speech or not."""
    import io

    import numpy as np

    from emotrace.audio.load import load_audio, open_stream
    from emotrace.bundle import load_bundle
    from emotrace.hear.judge import Judge, is_enough_speech
    from emotrace.hear.recognizer import Recogniser
    from emotrace.hear.speech import SpeechDetector, windows_of
    from emotrace.reports import json as json_report
    from emotrace.types import Segment

    emotion, speech = load_bundle(), load_bundle("speech")
    rate, card = emotion.card.sampling_rate, emotion.card
    signal = load_audio(recording, sampling_rate=rate)
    judge, detector = Judge(emotion, card.shown_labels), SpeechDetector(speech)
    window, hop = round(card.window_seconds * rate), round(card.hop_seconds * rate)
    hops = list(windows_of(signal.size, window, hop))
    heard = [detector.find(signal[left:right], start - left, end - left) for start, end, left, right in hops]
    spoken = [
        (left, right)
        for (start, end, left, right), spans in zip(hops, heard, strict=True)
        if is_enough_speech(sum(e - s for s, e in spans) / rate, Segment(start / rate, end / rate))
    ]
    recogniser = Recogniser(emotion, speech)
    timeline = recogniser.analyze(recording)

    def read(path: Path) -> None:
        with open_stream(path, rate, "mix") as stream:
            assert sum(block.size for block in stream) > 0

    def per_second(part: Callable[[], object], seconds: float) -> float:
        costs = []
        for _ in range(3):
            started = time.process_time()
            part()
            costs.append(time.process_time() - started)
        return round(float(np.median(costs)) / seconds * 1e6, 1)

    seconds = signal.size / rate
    with open_stream(DEMO_CALL, rate, "mix") as stream:
        call_seconds = float(stream.recording.duration or 0.0)
    return {
        "decode 16 kHz mono FLAC": per_second(lambda: read(recording), seconds),
        "decode, mix and resample 8 kHz stereo FLAC": per_second(lambda: read(DEMO_CALL), call_seconds),
        "speech detector": per_second(
            lambda: [detector.find(signal[left:right], s - left, e - left) for s, e, left, right in hops], seconds
        ),
        "emotion model": per_second(
            lambda: [judge.probabilities([signal[left:right]]) for left, right in spoken], seconds
        ),
        "write JSON": per_second(lambda: json_report.write_timelines([timeline], io.StringIO()), seconds),
        "all but start-up and writing": per_second(lambda: recogniser.analyze(recording), seconds),
    }


if __name__ == "__main__":
    main()
