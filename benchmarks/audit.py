"""How well does `emotrace audit` find altered copies of a recording, and how often does it take two takes for one?

Found: clips drawn from a corpus are altered in one way after another; every altered clip is looked for among all
clips of the corpus. It counts as found if its own source is among the matches. False alarms: clips that have no
copy on the other side, and yet are said to have one. Looked at are the second takes of RAVDESS against the first
ones (same actor, sentence, emotion and intensity), and the two halves of corpora divided at random. Pairs of clips
that hold identical samples (some corpora have them) are no false alarms and are not counted.

Thresholds were chosen on RAVDESS speech; the other corpora had no say. Needs `EMOTRACE_CORPORA`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from _measure import ONE_THREAD, parser, report
from emotrace.audio.load import load_audio
from emotrace.audio.resample import resample
from emotrace.audio.trim import trim
from emotrace.learn._processes import Death, run_tasks, usable_cores
from emotrace.learn.audit.listening import Heard, listen
from emotrace.learn.augment.background import Background
from emotrace.learn.augment.codec import Codec
from emotrace.learn.augment.gain import Gain
from emotrace.learn.augment.noise import Noise
from emotrace.learn.augment.pitch_shift import PitchShift
from emotrace.learn.augment.room import Room
from emotrace.learn.augment.speed import Speed
from emotrace.learn.augment.telephone import Telephone
from emotrace.learn.augment.time_shift import TimeShift
from emotrace.learn.augment.time_stretch import TimeStretch
from emotrace.learn.corpora import scan
from emotrace.learn.evaluation._alignment import LEAST_COHERENCE, LEAST_CORRELATION
from emotrace.learn.evaluation.near_identical import SAMPLING_RATE, Fingerprint, find_same_takes, take_fingerprint
from emotrace.types import Utterance

RATE = 16_000
Signal = NDArray[np.float32]
Change = Callable[[Signal, np.random.Generator], Signal]


def _by(*augmentations: Any) -> Change:
    def change(signal: Signal, rng: np.random.Generator) -> Signal:
        for augmentation in augmentations:
            signal = augmentation(signal, RATE, rng)
        return signal

    return change


def _noise_at(snr_db: float) -> Change:
    def change(signal: Signal, rng: np.random.Generator) -> Signal:
        scale = np.sqrt(np.mean(np.square(signal)) / 10.0 ** (snr_db / 10.0))
        return np.asarray(signal + scale * rng.standard_normal(signal.size), dtype=np.float32)

    return change


def _cut(start: float, end: float) -> Change:
    return lambda signal, _: signal[round(start * signal.size) : round(end * signal.size)]


CHANGES: Mapping[str, Change] = {
    "12 dB quieter": _by(Gain(-12.0)),
    "noise, up to 1.5 % of the peak": _by(Noise(0.015)),
    "noise, up to 3.5 % of the peak": _by(Noise(0.035)),
    "noise, 10 dB below the voice": _noise_at(10.0),
    "noise, 5 dB below the voice": _noise_at(5.0),
    "babble, 5 to 20 dB below the voice": _by(Background("babble")),
    "silence trimmed": lambda signal, _: trim(signal, 30.0)[0],
    "a fifth cut off each end": _cut(0.2, 0.8),
    "the first half alone": _cut(0.0, 0.5),
    "rolled by up to 5000 samples": _by(TimeShift(5_000)),
    "stretched, 0.75 x as fast": _by(TimeStretch(0.75)),
    "stretched, 0.9 x as fast": _by(TimeStretch(0.9)),
    "stretched, 1.1 x as fast": _by(TimeStretch(1.1)),
    "stretched, 1.25 x as fast": _by(TimeStretch(1.25)),
    "2 semitones lower": _by(PitchShift(-2.0)),
    "0.5 semitones lower": _by(PitchShift(-0.5)),
    "0.8 semitones higher": _by(PitchShift(0.8)),
    "1.15 semitones higher": _by(PitchShift(1.15)),
    "2 semitones higher": _by(PitchShift(2.0)),
    "0.75 x as fast, 0.8 semitones higher": _by(TimeStretch(0.75), PitchShift(0.8)),
    "noise, stretch and pitch, one on the other": _by(
        Noise(0.015), TimeStretch((0.9, 1.1)), PitchShift((0.85, 1.15))
    ),
    "played 1.05 x as fast": _by(Speed(1.05)),
    "MP3": _by(Codec("mp3", 0.8)),
    "Opus": _by(Codec("opus", 0.9)),
    "telephone": _by(Telephone()),
    "room, 0.2 to 0.8 s": _by(Room()),
}


@dataclass(frozen=True)
class Altering:
    """A clip to alter, and how; done in a process of its own."""

    file: str
    change: str
    seed: int


def alter(task: Altering) -> Fingerprint:
    """Give the fingerprint of an altered clip."""
    changed = CHANGES[task.change](load_audio(task.file, RATE), np.random.default_rng(task.seed))
    return take_fingerprint(resample(changed, RATE, SAMPLING_RATE), SAMPLING_RATE)


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("-n", "--clips", type=int, default=100, help="altered per corpus (default %(default)s)")
    options.add_argument(
        "--most", type=int, default=1500, help="of a corpus for false alarms (default %(default)s)"
    )
    options.add_argument("--seed", type=int, default=20_240, help="of all draws (default %(default)s)")
    options.add_argument("--smoke", action="store_true", help="a few clips and two changes, to see that it runs")
    arguments = options.parse_args()
    corpora = os.environ.get("EMOTRACE_CORPORA")
    if not corpora:
        sys.exit("EMOTRACE_CORPORA names no folder of corpora, and without recordings there is nothing to measure")
    os.environ.update(ONE_THREAD)
    n_clips, most = (4, 24) if arguments.smoke else (arguments.clips, arguments.most)
    changes = list(CHANGES)[3:5] if arguments.smoke else list(CHANGES)
    rng = np.random.default_rng(arguments.seed)
    found = {
        name: _find_altered(_utterances(corpora, name, None, rng), changes, n_clips, rng)
        for name in ("ravdess", "emo-db")
    }
    alarms = {
        "ravdess, second takes against first": _second_takes(_utterances(corpora, "ravdess", None, rng), most)
    }
    for name in ("ravdess", "emo-db", "savee", "tess", "crema-d", "ravdess-song"):
        alarms[f"{name}, halves at random"] = _halves(_utterances(corpora, name, most, rng), rng)
    rows = [["altered", *(f"found, {name}" for name in found)]]
    rows += [[change, *(f"{found[name][change]['share_found']:.2f}" for name in found)] for change in changes]
    rows.append([""] * len(rows[0]))
    rows.append(["no copy on the other side", "false alarms", "of clips"])
    rows += [[name, f"{100 * a['share']:.1f} %", str(a["n_clips"])] for name, a in alarms.items()]
    results = {
        "what": "altered copies found among all clips of a corpus; clips wrongly said to have a copy",
        "thresholds": {"correlation": LEAST_CORRELATION, "coherence": LEAST_COHERENCE},
        "seed": arguments.seed,
        "found": found,
        "false_alarms": alarms,
    }
    report(rows, results, arguments.output)


def _utterances(corpora: str, name: str, most: int | None, rng: np.random.Generator) -> list[Utterance]:
    utterances = scan(name, Path(corpora) / name).utterances
    if most is None or len(utterances) <= most:
        return utterances
    return [utterances[place] for place in sorted(rng.choice(len(utterances), most, replace=False).tolist())]


def _listen(utterances: Sequence[Utterance]) -> list[Heard]:
    return [clip for clip in listen(utterances, usable_cores()) if isinstance(clip, Heard)]


def _find_altered(
    utterances: Sequence[Utterance], changes: Sequence[str], n_clips: int, rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    sources = [clip.fingerprint for clip in _listen(utterances)]
    found = {}
    for change in changes:
        places = rng.choice(len(utterances), min(n_clips, len(utterances)), replace=False).tolist()
        tasks = [Altering(utterances[place].file, change, int(rng.integers(2**32))) for place in places]
        altered: list[Fingerprint] = [Fingerprint(np.zeros((0, 120), np.int8))] * len(tasks)
        for task, fingerprint in run_tasks(alter, tasks, usable_cores()):
            assert not isinstance(fingerprint, Death)
            altered[task] = fingerprint
        started = time.perf_counter()
        matches = find_same_takes(sources, altered, usable_cores())
        seconds = time.perf_counter() - started
        hit = {match.second for match in matches if match.first == places[match.second]}
        own = [match.match for match in matches if match.first == places[match.second]]
        found[change] = {
            "n_clips": len(places),
            "share_found": len(hit) / len(places),
            "share_certain": sum(match.is_certain for match in own) / len(places),
            "median_tempo": float(np.median([match.tempo for match in own])) if own else 0.0,
            "median_semitones": float(np.median([match.semitones for match in own])) if own else 0.0,
            "seconds_to_compare": round(seconds, 1),
        }
        print(f"{change}: {len(hit)} of {len(places)}", file=sys.stderr)
    return found


def _second_takes(utterances: Sequence[Utterance], most: int) -> dict[str, Any]:
    takes = [[u for u in utterances if u.repetition == take] for take in (1, 2)]
    return _count_alarms(takes[0], takes[1][:most])


def _halves(utterances: Sequence[Utterance], rng: np.random.Generator) -> dict[str, Any]:
    order = rng.permutation(len(utterances)).tolist()
    half = len(order) // 2
    return _count_alarms([utterances[i] for i in order[:half]], [utterances[i] for i in order[half:]])


def _count_alarms(firsts: Sequence[Utterance], seconds: Sequence[Utterance]) -> dict[str, Any]:
    first, second = _listen(firsts), _listen(seconds)
    started = time.perf_counter()
    matches = find_same_takes([c.fingerprint for c in first], [c.fingerprint for c in second], usable_cores())
    elapsed = time.perf_counter() - started
    wrong = [m for m in matches if first[m.first].content != second[m.second].content]
    n_alarms = len({match.second for match in wrong})
    print(f"{n_alarms} of {len(second)} in {elapsed:.0f} s", file=sys.stderr)
    return {
        "n_clips": len(second),
        "n_alarms": n_alarms,
        "share": n_alarms / max(1, len(second)),
        "n_certain": sum(match.match.is_certain for match in wrong),
        "highest_correlation": max((round(match.match.correlation, 3) for match in wrong), default=None),
        "n_identical": len({m.second for m in matches if first[m.first].content == second[m.second].content}),
        "seconds_to_compare": round(elapsed, 1),
    }


if __name__ == "__main__":
    main()
