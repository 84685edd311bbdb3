"""How fast are the classic feature sets, against librosa and openSMILE, and how long does a whole corpus take?

First, if `EMOTRACE_CORPORA` names a folder of corpora, whole commands: `emotrace features extract` of RAVDESS
with `means184` in so many processes, pinned to as many cores (Linux; elsewhere they are only counted), with an
empty cache of features and with a full one; the system may have the files in memory. librosa's time for it is
extrapolated from the clips below, decoding included. Then, in this process on one thread, clip by clip and in
turn: our set, librosa as the reference projects call it (each function by itself), librosa with one
Fourier transform shared by hand; openSMILE's eGeMAPSv02 where it is installed. Those are times of the CPU,
which count only this process. Signals are in memory at the rate of the set; only whole commands decode.
Without corpora the clips are cut from the shipped demo call.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _measure import DEMO_CALL, ONE_THREAD, emotrace_command, parser, report, summary, weigh

SETS = ("means180", "means184")
N_CLIPS, N_CORES = 60, 2
N_SMOKE = 4
CLIP_SECONDS = 3.7
SMILE_RATE = 16_000
TARGET = 5.0


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("-n", "--clips", type=int, default=N_CLIPS, help="how many clips (default %(default)s)")
    options.add_argument("--cores", type=int, default=N_CORES, help="of whole commands (default %(default)s)")
    options.add_argument(
        "--smoke", action="store_true", help=f"{N_SMOKE} clips of everything, to see that it runs"
    )
    arguments = options.parse_args()
    n_clips = N_SMOKE if arguments.smoke else arguments.clips
    cores = _pin(arguments.cores)
    corpora = os.environ.get("EMOTRACE_CORPORA")
    ravdess = Path(corpora) / "ravdess" if corpora else None
    # Before anything large is imported here: see `_measure`.
    whole = (
        _time_corpus(ravdess, len(cores), N_SMOKE if arguments.smoke else None) if ravdess is not None else None
    )
    os.environ.update(ONE_THREAD, NUMBA_NUM_THREADS="1")
    files = _pick(ravdess, n_clips) if ravdess is not None else []
    rows = [["", "ours", "librosa", "x", "one STFT", "x", "eGeMAPS", "clips equal"]]
    sets: dict[str, Any] = {}
    for name in SETS:
        sets[name] = _compare(name, files, n_clips)
        rows.append(_row(name, sets[name]))
    if whole is not None:
        whole["librosa_cpu_seconds_extrapolated"] = _extrapolate(files, whole["n_clips"])
        rows += _whole_rows(whole)
    results = {
        "what": "CPU milliseconds per clip on one thread, taken in turn; ratios clip by clip",
        "clips": {
            "from": "RAVDESS speech" if files else "demo call",
            "n": sets[SETS[0]]["n_clips"],
        },
        "is_smoke": arguments.smoke,
        "environment": ONE_THREAD,
        "target_times_librosa": TARGET,
        "sets": sets,
        "ravdess_means184_whole_command": whole,
    }
    report(rows, results, arguments.output, ["librosa", "numba", "opensmile", "pyarrow", "scipy"])
    print(f"target: {TARGET:g} x librosa")


def _pin(wanted: int) -> list[int]:
    """Keep this process and those it starts to the first cores it may use, and give these."""
    if not hasattr(os, "sched_setaffinity"):
        return list(range(min(wanted, os.cpu_count() or 1)))
    cores = sorted(os.sched_getaffinity(0))[:wanted]
    os.sched_setaffinity(0, cores)
    return cores


def _time_corpus(ravdess: Path, n_cores: int, n_first: int | None) -> dict[str, Any]:
    """Time whole commands on a corpus, or on its first clips."""
    with tempfile.TemporaryDirectory() as folder:
        manifest, table, cache = (Path(folder) / name for name in ("ravdess.csv", "means184.parquet", "cache"))
        scan = [*emotrace_command(), "corpus", "scan", "ravdess", str(ravdess), "-o", str(manifest)]
        subprocess.run(scan, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - the benchmark's own command
        head, *clips = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
        manifest.write_text("".join([head, *clips[:n_first]]), encoding="utf-8")
        extract = [
            *emotrace_command(),
            "features",
            "extract",
            manifest,
            "--set",
            "means184",
            "-j",
            str(n_cores),
            "-o",
            table,
        ]
        costs = [weigh(extract, EMOTRACE_CACHE=str(cache)) for _ in range(2)]
    # Not the memory: that of the workers is not counted with the command's.
    kinds = {
        name: {"wall_seconds": round(cost.wall_seconds, 2), "cpu_seconds": round(cost.cpu_seconds, 2)}
        for name, cost in zip(("empty_cache", "full_cache"), costs, strict=True)
    }
    is_pinned = hasattr(os, "sched_setaffinity")
    return {"n_clips": len(clips[:n_first]), "cores": n_cores, "is_pinned": is_pinned, **kinds}


def _whole_rows(whole: dict[str, Any]) -> list[list[str]]:
    """Give the table's rows of a whole corpus; only seconds of the CPU are compared: librosa's are of one core."""
    what = f"RAVDESS, {whole['n_clips']} clips, means184"
    cold, warm, theirs = whole["empty_cache"], whole["full_cache"], whole["librosa_cpu_seconds_extrapolated"]
    cores = f"{whole['cores']} core{'s' * (whole['cores'] > 1)}" + ("" if whole["is_pinned"] else ", not pinned")
    times = f"{theirs / cold['cpu_seconds']:.1f}"
    rest = [""] * 4
    return [
        [f"{what}: s of CPU", f"{cold['cpu_seconds']:.1f}", f"{theirs:.1f}", times, *rest],
        [f"{what}: s on {cores}", f"{cold['wall_seconds']:.1f}", "", "", *rest],
        [f"{what}: s again, from the cache", f"{warm['wall_seconds']:.1f}", "", "", *rest],
    ]


def _pick(ravdess: Path, n: int) -> list[Path]:
    files = sorted(file for file in ravdess.glob("Actor_*/*") if file.suffix in (".wav", ".flac"))
    return files[:: max(1, len(files) // n)][:n]


def _signals(files: list[Path], n: int, rate: int) -> list[Any]:
    from emotrace.audio.load import load_audio

    if files:
        return [load_audio(file, rate) for file in files]
    size = round(CLIP_SECONDS * rate)
    call = [load_audio(DEMO_CALL, rate, channel=channel) for channel in (0, 1)]
    clips = [side[i : i + size] for side in call for i in range(0, len(side) - size, size)]
    return clips[:n]


def _compare(name: str, files: list[Path], n: int) -> dict[str, Any]:
    from emotrace.features._feature_set import load_feature_set

    ours = load_feature_set(name)
    rate = ours.sampling_rate
    separate, shared = {"means180": (_means180, _means180_shared), "means184": (_means184, _means184_shared)}[name]
    ways: dict[str, Callable[[Any], Any]] = {
        "ours": lambda signal: ours.extract(signal, rate),
        "librosa": lambda signal: separate(signal, rate),
        "librosa_one_stft": lambda signal: shared(signal, rate),
    }
    signals = _signals(files, n, rate)
    for way in ways.values():
        # Bytecode, numba and filter banks.
        way(signals[0])
    times: dict[str, list[float]] = {way: [] for way in ways}
    n_equal = 0
    for signal in signals:
        values = {}
        for way, compute in ways.items():
            started = time.process_time()
            values[way] = compute(signal)
            times[way].append(1e3 * (time.process_time() - started))
        n_equal += _is_equal(values["ours"], values["librosa"])
    ratios = {
        f"times_{way}": summary([t / o for t, o in zip(times[way], times["ours"], strict=True)], 2)
        for way in ("librosa", "librosa_one_stft")
    }
    if rate == SMILE_RATE and (smile := _smile()) is not None:
        # By itself: after its work the processor's caches are full of it.
        smile.extract(signals[0], rate)
        times["opensmile_egemaps"] = [_cpu_milliseconds(lambda s=s: smile.extract(s, rate)) for s in signals]
    return {
        "n_clips": len(signals),
        "mean_clip_seconds": round(statistics.fmean(len(signal) / rate for signal in signals), 2),
        "milliseconds": {way: summary(values) for way, values in times.items()},
        **ratios,
        "n_clips_equal_to_librosa_to_1e-3": n_equal,
    }


def _cpu_milliseconds(compute: Callable[[], Any]) -> float:
    started = time.process_time()
    compute()
    return 1e3 * (time.process_time() - started)


def _is_equal(ours: Any, theirs: Any) -> bool:
    import numpy as np

    # What is all but nothing beside the largest value is compared to that.
    return bool(np.allclose(ours, theirs, rtol=1e-3, atol=1e-5 * np.abs(theirs).max()))


def _row(name: str, result: dict[str, Any]) -> list[str]:
    medians = {way: values["median"] for way, values in result["milliseconds"].items()}
    smile = medians.get("opensmile_egemaps")
    return [
        f"{name}, ms of CPU a clip",
        f"{medians['ours']:.2f}",
        f"{medians['librosa']:.2f}",
        f"{result['times_librosa']['median']:.1f}",
        f"{medians['librosa_one_stft']:.2f}",
        f"{result['times_librosa_one_stft']['median']:.1f}",
        "" if smile is None else f"{smile:.1f}",
        f"{result['n_clips_equal_to_librosa_to_1e-3']} of {result['n_clips']}",
    ]


def _extrapolate(files: list[Path], n_clips: int) -> float:
    """Give what CPU librosa would take for all clips, decoding included, by what some of them take."""
    import librosa

    started = time.process_time()
    for file in files:
        signal, rate = librosa.load(file, sr=22_050)
        _means184(signal, int(rate))
    return round((time.process_time() - started) / len(files) * n_clips, 1)


def _smile() -> Any:
    from emotrace.errors import MissingExtraError
    from emotrace.features._feature_set import load_feature_set

    try:
        return load_feature_set("smile:eGeMAPSv02")
    except MissingExtraError:
        return None


def _means180(y: Any, sr: int) -> Any:
    import librosa
    import numpy as np

    magnitude = np.abs(librosa.stft(y))
    return _stack(
        librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40),
        librosa.feature.chroma_stft(S=magnitude, sr=sr),
        librosa.feature.melspectrogram(y=y, sr=sr),
    )


def _means180_shared(y: Any, sr: int) -> Any:
    import librosa
    import numpy as np

    magnitude = np.abs(librosa.stft(y))
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=sr)
    return _stack(
        librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=40),
        librosa.feature.chroma_stft(S=magnitude, sr=sr),
        mel,
    )


def _means184(y: Any, sr: int) -> Any:
    import librosa
    import numpy as np

    magnitude = np.abs(librosa.stft(y))
    return _stack(
        librosa.feature.rms(y=y),
        librosa.feature.spectral_centroid(y=y, sr=sr),
        librosa.feature.spectral_rolloff(y=y, sr=sr),
        librosa.feature.zero_crossing_rate(y),
        librosa.feature.chroma_stft(S=magnitude, sr=sr),
        librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40),
        librosa.feature.melspectrogram(y=y, sr=sr),
    )


def _means184_shared(y: Any, sr: int) -> Any:
    import librosa
    import numpy as np

    magnitude = np.abs(librosa.stft(y))
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=sr)
    return _stack(
        librosa.feature.rms(y=y),
        librosa.feature.spectral_centroid(S=magnitude, sr=sr),
        librosa.feature.spectral_rolloff(S=magnitude, sr=sr),
        librosa.feature.zero_crossing_rate(y),
        librosa.feature.chroma_stft(S=magnitude, sr=sr),
        librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=40),
        mel,
    )


def _stack(*matrices: Any) -> Any:
    import numpy as np

    return np.hstack([matrix.mean(axis=1) for matrix in matrices])


if __name__ == "__main__":
    main()
