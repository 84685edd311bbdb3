"""How long does a user wait for one clip? ``emotrace predict`` against the usual student pipeline, as processes.

A is ``emotrace predict clip.wav --format json``: start, load both models, hear, write. B is what most emotion
projects do before their model has even been loaded: import librosa, read the clip at 22,050 Hz, and take the
means over time of 40 MFCC, 12 chroma and 128 mel bands, the usual 180 features. Both run as whole new
processes in turn (A B A B ...), after one run of each that is not counted: it fills numba's cache for B
and Python's bytecode for both. Files are in the system's cache; a first run after switching on is slower for both.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from _measure import DEMO_CALL, emotrace_command, parser, report, sum_up, summary, weigh

STUDENT = """
import sys
import librosa
import numpy as np
signal, rate = librosa.load(sys.argv[1], sr=22050)
spectrum = np.abs(librosa.stft(signal))
mfcc = librosa.feature.mfcc(y=signal, sr=rate, n_mfcc=40).mean(axis=1)
chroma = librosa.feature.chroma_stft(S=spectrum, sr=rate).mean(axis=1)
mel = librosa.feature.melspectrogram(y=signal, sr=rate).mean(axis=1)
features = np.concatenate([mfcc, chroma, mel])
assert features.shape == (180,)
"""

CUT = """
import sys
import soundfile
import soxr
signal, rate = soundfile.read(sys.argv[1], dtype="float32")
soundfile.write(sys.argv[2], soxr.resample(signal[7 * rate : int(10.5 * rate), 1], rate, 16_000), 16_000)
"""


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("-n", "--runs", type=int, default=11, help="how often each runs (default %(default)s)")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.wav"
        # In a process of its own: see `_measure`.
        weigh([sys.executable, "-c", CUT, DEMO_CALL, clip])
        predict = [*emotrace_command(), "predict", str(clip), "--format", "json"]
        student = [sys.executable, "-c", STUDENT, str(clip)]
        pairs = [(weigh(predict), weigh(student)) for _ in range(arguments.runs + 1)][1:]
        imports = _import_milliseconds(clip)
    ours, theirs = sum_up([a for a, _ in pairs]), sum_up([b for _, b in pairs])
    ratio = theirs["wall_seconds"]["median"] / ours["wall_seconds"]["median"]
    pairwise = summary([b.wall_seconds / a.wall_seconds for a, b in pairs], 2)
    rows = [["", "wall s", "min - max", "CPU s", "peak MB"]]
    for name, cost in (("emotrace predict", ours), ("librosa, 180 features", theirs)):
        wall, cpu, peak = cost["wall_seconds"], cost["cpu_seconds"], cost["peak_rss_mb"]
        spread = f"{wall['min']:.2f} - {wall['max']:.2f}"
        rows.append([name, f"{wall['median']:.2f}", spread, f"{cpu['median']:.2f}", f"{peak['max']:.0f}"])
    results = {
        "what": "whole processes in turn, one warm-up of each not counted; 3.5 s of 16 kHz speech",
        "n_runs": arguments.runs,
        "emotrace_predict": ours,
        "librosa_180_features": theirs,
        "ratio_of_medians": round(ratio, 2),
        "ratio_pairwise": pairwise,
        "emotrace_import_milliseconds": imports,
    }
    report(rows, results, arguments.output, ["librosa", "numba", "scipy", "pydantic"])
    print(
        f"times faster: {ratio:.2f} (medians), {pairwise['min']:.2f} to {pairwise['max']:.2f} pair by pair; "
        f"target 3\nimporting, ms: {', '.join(f'{name} {ms:.0f}' for name, ms in imports.items())}"
    )


def _import_milliseconds(clip: Path) -> dict[str, float]:
    """Say which packages `emotrace predict` spends how long on importing, themselves only, in one run."""
    argv = [sys.executable, "-X", "importtime", "-m", "emotrace", "predict", str(clip), "--format", "json"]
    log = subprocess.run(argv, capture_output=True, text=True, check=True).stderr  # noqa: S603
    spent: Counter[str] = Counter()
    for line in log.splitlines():
        own, _, module = line.removeprefix("import time:").partition("|")
        if line.startswith("import time:") and own.strip().isdecimal():
            spent[module.rpartition("|")[2].strip().partition(".")[0]] += int(own)
    top = {name: round(microseconds / 1000, 1) for name, microseconds in spent.most_common(8)}
    return {**top, "everything else": round(spent.total() / 1000 - sum(top.values()), 1)}


if __name__ == "__main__":
    main()
