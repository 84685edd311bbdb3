"""How well does `emotrace audit` find altered copies of a recording, and how often does it take two takes for one?

Found: clips drawn from a corpus are altered in one way after another (every preset of every augmentation, every
chain of the published plans, and what else is done to recordings); every altered clip is looked for among all
clips of the corpus. It counts as found if its own source is among the matches.

False alarms: clips that have no copy on the other side, and yet are said to have one. Looked at are the second
takes of RAVDESS against the first ones (same actor, sentence, emotion and intensity: the hardest that there is),
the two halves of corpora divided at random, and divisions by speaker. Pairs of clips that hold identical samples
(some corpora have them) are no false alarms and are not counted.

Intervals are Wilson's, of 95 %, over clips. Correlation and coherence were chosen on RAVDESS speech; what is
usual and what is certain, after a look at RAVDESS song and TESS as well. Needs `EMOTRACE_CORPORA`.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from _measure import ONE_THREAD, parser, report
from emotrace import registry
from emotrace.audio.load import load_audio
from emotrace.audio.resample import resample
from emotrace.audio.trim import trim
from emotrace.learn._processes import Death, run_tasks, usable_cores
from emotrace.learn.audit.listening import Heard, listen
from emotrace.learn.augment import PLANS, make_chain
from emotrace.learn.augment.codec import Codec
from emotrace.learn.augment.pitch_shift import PitchShift
from emotrace.learn.augment.time_stretch import TimeStretch
from emotrace.learn.corpora import scan
from emotrace.learn.evaluation._alignment import CERTAIN_CORRELATION, LEAST_COHERENCE, LEAST_CORRELATION
from emotrace.learn.evaluation.near_identical import (
    MOST_USUAL,
    SAMPLING_RATE,
    Fingerprint,
    SameTake,
    find_same_takes,
    take_fingerprint,
)
from emotrace.types import Utterance

RATE = 16_000
_SEARCHED = ("ravdess", "emo-db")
_DIVIDED = ("ravdess", "emo-db", "crema-d", "savee", "tess", "ravdess-song")
_MOST_WINDOWS = 200
_PARTS = (*_SEARCHED, "alarms")
_BY_SPEAKER = ("ravdess", "emo-db", "crema-d", "ravdess-song")
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


def _presets() -> dict[str, Change]:
    """Give every preset of every augmentation of a signal."""
    modules = {name: registry.load("augmentation", name) for name in registry.names("augmentation")}
    return {
        f"{name}:{preset}": _by(augmentation)
        for name, module in modules.items()
        if module.LEVEL == "signal"
        for preset, augmentation in module.PRESETS.items()
    }


def _plans() -> dict[str, Change]:
    """Give every chain of more than one step that the published plans hold."""
    return {
        f"plan {plan.name}: {' + '.join(steps)}": _by(make_chain(steps))
        for plan in PLANS.values()
        for steps in plan.copies
        if len(steps) > 1
    }


CHANGES: Mapping[str, Change] = {
    "white noise, 10 dB below the voice": _noise_at(10.0),
    "white noise, 5 dB below the voice": _noise_at(5.0),
    "white noise as loud as the voice": _noise_at(0.0),
    "silence trimmed": lambda signal, _: trim(signal, 30.0)[0],
    "a fifth cut off each end": _cut(0.2, 0.8),
    "the first half alone": _cut(0.0, 0.5),
    "0.9 x as fast": _by(TimeStretch(0.9)),
    "1.1 x as fast": _by(TimeStretch(1.1)),
    "1.25 x as fast": _by(TimeStretch(1.25)),
    "2 semitones lower": _by(PitchShift(-2.0)),
    "0.5 semitones lower": _by(PitchShift(-0.5)),
    "1 semitone higher": _by(PitchShift(1.0)),
    "4 semitones higher": _by(PitchShift(4.0)),
    "MP3, strong": _by(Codec("mp3", 0.95)),
    "Opus, strong": _by(Codec("opus", 0.99)),
    **_plans(),
    **_presets(),
}


@dataclass(frozen=True)
class Altering:
    """A clip to alter, and how; done in a process of its own."""

    file: str
    change: str
    seed: int


def alter(task: Altering) -> Fingerprint:
    """Give the fingerprint of an altered clip."""
    rng = np.random.default_rng([task.seed, zlib.crc32(f"{task.change} {Path(task.file).name}".encode())])
    changed = CHANGES[task.change](load_audio(task.file, RATE), rng)
    return take_fingerprint(resample(changed, RATE, SAMPLING_RATE), SAMPLING_RATE)


@dataclass(frozen=True)
class Cutting:
    """A clip of which two windows are heard that have a third of the clip in common; done in a process."""

    file: str


def cut_windows(task: Cutting) -> tuple[Fingerprint, Fingerprint]:
    """Give the fingerprints of the first and of the last two thirds."""
    signal = load_audio(task.file, SAMPLING_RATE)
    third = signal.size // 3
    return (
        take_fingerprint(signal[: 2 * third], SAMPLING_RATE),
        take_fingerprint(signal[third:], SAMPLING_RATE),
    )


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("-n", "--clips", type=int, default=50, help="altered per corpus (default %(default)s)")
    options.add_argument(
        "--most", type=int, default=1500, help="of a corpus for false alarms (default %(default)s)"
    )
    options.add_argument("--seed", type=int, default=20_240, help="of all draws (default %(default)s)")
    options.add_argument(
        "--parts", nargs="+", choices=_PARTS, default=_PARTS, help="measure these, and keep the others of OUTPUT"
    )
    options.add_argument("--smoke", action="store_true", help="a few clips and two changes, to see that it runs")
    arguments = options.parse_args()
    corpora = os.environ.get("EMOTRACE_CORPORA")
    if not corpora:
        sys.exit("EMOTRACE_CORPORA names no folder of corpora, and without recordings there is nothing to measure")
    os.environ.update(ONE_THREAD)
    n_clips, most = (4, 24) if arguments.smoke else (arguments.clips, arguments.most)
    changes = list(CHANGES)[:2] if arguments.smoke else list(CHANGES)
    measured: dict[str, dict[str, Any]] = {part: {} for part in ("n_searched", "found", "windows", "alarms")}
    for name in [name for name in _SEARCHED if name in arguments.parts]:
        utterances = _utterances(corpora, name)
        measured["n_searched"][name] = len(utterances)
        measured["found"][name] = _find_altered(utterances, changes, n_clips, arguments.seed)
        measured["windows"][name] = _find_windows(utterances, n_clips, arguments.seed)
    if "alarms" in arguments.parts:
        measured["alarms"] = _find_alarms(corpora, most, arguments.seed)
    before = {}
    if arguments.output is not None and arguments.output.exists() and set(arguments.parts) < set(_PARTS):
        before = json.loads(arguments.output.read_text(encoding="utf-8"))
    merged = {part: {**before.get(part, {}), **facts} for part, facts in measured.items()}
    results = {
        "what": "altered copies found among all clips of a corpus; clips wrongly said to have a copy",
        "thresholds": {
            "correlation": LEAST_CORRELATION,
            "coherence": LEAST_COHERENCE,
            "certain_correlation": CERTAIN_CORRELATION,
            "most_usual": MOST_USUAL,
        },
        "seed": arguments.seed,
        "cpu_seconds": {**before.get("cpu_seconds", {}), " ".join(arguments.parts): round(time.process_time(), 1)},
        **merged,
    }
    report(_rows(**{part: merged[part] for part in ("found", "windows", "alarms")}), results, arguments.output)


def _find_alarms(corpora: str, most: int, seed: int) -> dict[str, Any]:
    alarms = {"ravdess, second takes against first": _second_takes(_utterances(corpora, "ravdess"), most)}
    for name in _DIVIDED:
        rng = np.random.default_rng(seed)
        alarms[f"{name}, halves at random"] = _halves(_draw(_utterances(corpora, name), most, rng), rng)
        if name in _BY_SPEAKER:
            rng = np.random.default_rng(seed)
            alarms[f"{name}, other speakers"] = _by_speaker(_draw(_utterances(corpora, name), most, rng))
    return alarms


def _rows(
    found: Mapping[str, Mapping[str, Any]], windows: Mapping[str, Any], alarms: Mapping[str, Any]
) -> list[list[str]]:
    rows = [["altered", *(f"found, {name}" for name in found)]]
    for change in next(iter(found.values()), ()):
        rows.append([change, *(_show(of_corpus[change]["found"]) for of_corpus in found.values())])
    rows.append(["windows with half in common", *(_show(of_corpus["found"]) for of_corpus in windows.values())])
    rows += [[""], ["no copy on the other side", "false alarms", "of clips"]]
    rows += [[name, _show(facts["alarms"]), str(facts["n_clips"])] for name, facts in alarms.items()]
    n_columns = max(len(row) for row in rows)
    return [[*row, *[""] * (n_columns - len(row))] for row in rows]


def _show(share: Mapping[str, float]) -> str:
    return f"{share['value']:.3f} [{share['low']:.3f}, {share['high']:.3f}]"


def _share(n_hit: int, n_all: int) -> dict[str, float]:
    """Give a share with Wilson's interval of 95 % (Wilson 1927, JASA 22, 209-212)."""
    if not n_all:
        return {"value": 0.0, "low": 0.0, "high": 1.0}
    z, share = 1.959964, n_hit / n_all
    middle = (share + z * z / (2 * n_all)) / (1 + z * z / n_all)
    reach = z / (1 + z * z / n_all) * math.sqrt(share * (1 - share) / n_all + z * z / (4 * n_all * n_all))
    ends = {"low": max(0.0, middle - reach), "high": min(1.0, middle + reach)}
    return {"value": round(share, 4), **{name: round(end, 4) for name, end in ends.items()}}


def _utterances(corpora: str, name: str) -> list[Utterance]:
    return scan(name, Path(corpora) / name).utterances


def _draw(utterances: Sequence[Utterance], most: int, rng: np.random.Generator) -> list[Utterance]:
    if len(utterances) <= most:
        return list(utterances)
    return [utterances[place] for place in sorted(rng.choice(len(utterances), most, replace=False).tolist())]


def _listen(utterances: Sequence[Utterance]) -> list[Heard]:
    return [clip for clip in listen(utterances, usable_cores(), cache=True) if isinstance(clip, Heard)]


def _do(work: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
    done = sorted(run_tasks(work, tasks, usable_cores()), key=lambda answer: answer[0])
    assert not any(isinstance(answer, Death) for _, answer in done)
    return [answer for _, answer in done]


def _find_altered(
    utterances: Sequence[Utterance], changes: Sequence[str], n_clips: int, seed: int
) -> dict[str, dict[str, Any]]:
    sources = [clip.fingerprint for clip in _listen(utterances)]
    # The same clips for every change, so that changes can be compared.
    rng = np.random.default_rng(seed)
    places = sorted(rng.choice(len(utterances), min(n_clips, len(utterances)), replace=False).tolist())
    altered = _do(
        alter, [Altering(utterances[place].file, change, seed) for change in changes for place in places]
    )
    matches = find_same_takes(sources, altered, usable_cores())
    found = {}
    for number, change in enumerate(changes):
        start, end = number * len(places), (number + 1) * len(places)
        of_change = [replace(m, second=m.second - start) for m in matches if start <= m.second < end]
        found[change] = _count_found(of_change, places, altered[start:end])
    return found


def _find_windows(utterances: Sequence[Utterance], n_clips: int, seed: int) -> dict[str, Any]:
    utterances = _draw(utterances, _MOST_WINDOWS, np.random.default_rng(seed))
    windows = _do(cut_windows, [Cutting(utterance.file) for utterance in utterances])
    places = list(range(0, len(windows), math.ceil(len(windows) / n_clips)))
    seconds = [windows[place][1] for place in places]
    return _count_found(find_same_takes([first for first, _ in windows], seconds, usable_cores()), places, seconds)


def _count_found(
    matches: Sequence[SameTake], places: Sequence[int], altered: Sequence[Fingerprint]
) -> dict[str, Any]:
    own = [pair for pair in matches if pair.first == places[pair.second]]
    others = {pair.second for pair in matches} - {pair.second for pair in own}
    return {
        "n_clips": len(places),
        "n_too_short": sum(fingerprint.is_empty for fingerprint in altered),
        "found": _share(len(own), len(places)),
        "n_certain": sum(pair.match.is_certain for pair in own),
        "n_other_source": len(others),
        "median_tempo": round(float(np.median([pair.match.tempo for pair in own])), 3) if own else None,
        "median_semitones": float(np.median([pair.match.semitones for pair in own])) if own else None,
    }


def _second_takes(utterances: Sequence[Utterance], most: int) -> dict[str, Any]:
    takes = [[u for u in utterances if u.repetition == take] for take in (1, 2)]
    return _count_alarms(takes[0], takes[1][:most])


def _halves(utterances: Sequence[Utterance], rng: np.random.Generator) -> dict[str, Any]:
    order = rng.permutation(len(utterances)).tolist()
    half = len(order) // 2
    return _count_alarms([utterances[i] for i in order[:half]], [utterances[i] for i in order[half:]])


def _by_speaker(utterances: Sequence[Utterance]) -> dict[str, Any]:
    """Every third speaker against the others."""
    held_out = set(sorted({utterance.speaker for utterance in utterances})[::3])
    sides = [[u for u in utterances if (u.speaker in held_out) == is_held_out] for is_held_out in (False, True)]
    return _count_alarms(sides[0], sides[1])


def _count_alarms(firsts: Sequence[Utterance], seconds: Sequence[Utterance]) -> dict[str, Any]:
    first, second = _listen(firsts), _listen(seconds)
    matches = find_same_takes([c.fingerprint for c in first], [c.fingerprint for c in second], usable_cores())
    wrong = [m for m in matches if first[m.first].content != second[m.second].content]
    n_alarms = len({match.second for match in wrong})
    alarms = _share(n_alarms, len(second))
    print(f"false alarms: {_show(alarms)} of {len(second)}", file=sys.stderr)
    return {
        "n_clips": len(second),
        "n_among": len(first),
        "n_alarms": n_alarms,
        "alarms": alarms,
        "n_certain": sum(match.match.is_certain for match in wrong),
        "highest_correlation": max((round(match.match.correlation, 3) for match in wrong), default=None),
        "n_identical": len({m.second for m in matches if first[m.first].content == second[m.second].content}),
    }


if __name__ == "__main__":
    main()
