"""How often and how late should a live session judge, and how much should it smooth? The choice of its defaults.

No speaker is heard here whom the shipped bundle is judged on: labelled clips are of its validation speakers. Three
questions are asked of every hop and look-ahead, and then of smoothings of the default ones:

*like centred*: on recordings of real talk, how much speech gets the label that a file's timeline (windows centred
on their hops) gives it, and how often does the label change per minute of speech;
*in a row*: where clips of one speaker follow one another with 0.3 s between them, how much speech gets the right
label;
*last final*: of each clip by itself, is the last final with speech right.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import soundfile
from numpy.typing import NDArray

import emotrace
from _measure import DEMO_CALL, parser, report
from emotrace import Prediction, Utterance
from emotrace.audio.load import load_audio
from emotrace.hear.session import LIVE_HOP_SECONDS, LIVE_LOOKAHEAD_SECONDS, Session
from emotrace.hear.smoothing import Smoother, Smoothing
from emotrace.labels import NO_SPEECH
from emotrace.learn.corpora._scan import scan

RATE = 16_000
TICK = 160
CORPORA = ("ravdess", "crema-d", "savee", "emo-db")
GAP_SECONDS = 0.3
HOPS, LOOKAHEADS = (0.5, 0.75, 1.0), (0.0, 0.25, 0.5, 0.75)
HALF_LIVES = (0.5, 0.75, 1.5, 3.0)
MARGINS_AND_HOLDS = ((0.0, 0.0), (0.05, 0.75), (0.1, 0.75), (0.1, 1.5), (0.2, 1.5))

Signal: TypeAlias = NDArray[np.float32]
Listen: TypeAlias = Callable[[Signal], Sequence[Prediction]]
Labels: TypeAlias = NDArray[np.str_]


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="one sub-folder per corpus")
    options.add_argument(
        "--recordings", type=Path, action="append", default=[], metavar="DIR", help="of real talk"
    )
    options.add_argument("--clips", type=int, default=450, help="of each corpus, at most (default %(default)s)")
    arguments = options.parse_args()
    material = Material(arguments.corpora, arguments.recordings, arguments.clips)
    runs = [{"hop_seconds": None, "lookahead_seconds": None, **material.measure(material.centred)}]
    for hop in HOPS:
        for lookahead in LOOKAHEADS:
            scores = material.measure(lambda x, hop=hop, ahead=lookahead: material.live(x, hop, ahead))
            runs.append({"hop_seconds": hop, "lookahead_seconds": lookahead, **scores})
    smoothings = []
    for half_life in HALF_LIVES:
        for margin, hold in MARGINS_AND_HOLDS:
            smoothing = Smoothing(half_life, margin, hold)
            scores = material.measure(lambda x, smoothing=smoothing: material.smooth(x, smoothing))
            smoothings.append({"half_life_seconds": half_life, "margin": margin, "hold_seconds": hold, **scores})
    results = {
        "what": "settings of live sessions, on validation speakers and on real talk",
        "seed": 0,
        "defaults": {"hop_seconds": LIVE_HOP_SECONDS, "lookahead_seconds": LIVE_LOOKAHEAD_SECONDS},
        "material": material.facts,
        "hops": runs,
        "smoothings": smoothings,
    }
    report([["settings", *SCORES], *(_row(run) for run in runs + smoothings)], results, arguments.output)


SCORES = ("like_centred", "changes_per_minute", "in_a_row", "last_final")


class Material:
    """What is heard, and what is true of it on a grid of 10 ms."""

    def __init__(self, corpora: Path, recordings: Sequence[Path], n_clips: int) -> None:
        self.recogniser = emotrace.load()
        self._heard: dict[tuple[int, float, float], Sequence[Prediction]] = {}
        utterances = [u for name in CORPORA for u in self._choose(name, corpora / name, n_clips)]
        self.clips = [(load_audio(u.file), u.emotion) for u in utterances]
        self.rows = self._put_in_a_row(utterances)
        files = [DEMO_CALL, *(f for folder in recordings for f in sorted(folder.rglob("*.*")) if _is_audio(f))]
        self.talk = [load_audio(f, channel=n) for f in files for n in range(soundfile.info(str(f)).channels)]
        self.like = [_on_grid(self.centred(x), x.size) for x in self.talk]
        self.spoken = [self._speech(x) & (like != NO_SPEECH) for x, like in zip(self.talk, self.like, strict=True)]
        self.facts = {
            "n_speakers": len({u.speaker for u in utterances}),
            "n_clips": len(self.clips),
            "seconds_of_speech_in_a_row": round(sum(float(w.sum()) for _, _, w in self.rows) / 100, 1),
            "n_channels_of_talk": len(self.talk),
            "seconds_of_speech_in_talk": round(sum(float(w.sum()) for w in self.spoken) / 100, 1),
            "whole_clip_accuracy": round(self._judge_whole_clips(), 4),
        }

    def measure(self, listen: Listen) -> dict[str, float]:
        """Ask the three questions of one way to listen."""
        same = changes = talk = right = row = last = 0
        for x, like, spoken in zip(self.talk, self.like, self.spoken, strict=True):
            heard = _on_grid(listen(x), x.size)
            same, talk = same + int((heard == like)[spoken].sum()), talk + int(spoken.sum())
            said = heard[spoken & (heard != NO_SPEECH)]
            changes += int((said[1:] != said[:-1]).sum())
        for x, truth, spoken in self.rows:
            right += int((_on_grid(listen(x), x.size) == truth)[spoken].sum())
            row += int(spoken.sum())
        for x, emotion in self.clips:
            finals = [p.emotion for p in listen(x) if p.is_speech]
            last += finals[-1:] == [emotion]
        values = (same / talk, changes / (talk / 6000), right / row, last / len(self.clips))
        return dict(zip(SCORES, (round(value, 4) for value in values), strict=True))

    def centred(self, x: Signal) -> Sequence[Prediction]:
        """Hear a signal as a file's timeline does."""
        engine = self.recogniser.engine()
        return [*engine.push(x), *engine.close()]

    def live(self, x: Signal, hop: float, lookahead: float) -> Sequence[Prediction]:
        """Hear a signal as a live session does; what has been heard once is remembered."""
        key = (id(x), hop, lookahead)
        if key not in self._heard:
            session = Session(self.recogniser, RATE, hop_seconds=hop, lookahead_seconds=lookahead)
            self._heard[key] = [result.prediction for result in [*session.push(x), *session.close()]]
        return self._heard[key]

    def smooth(self, x: Signal, smoothing: Smoothing) -> Sequence[Prediction]:
        """Hear a signal as a live session with the default settings, smoothed."""
        smoother = Smoother(smoothing)
        return [smoother.push(p) for p in self.live(x, LIVE_HOP_SECONDS, LIVE_LOOKAHEAD_SECONDS)]

    def _choose(self, name: str, folder: Path, n_clips: int) -> list[Utterance]:
        speakers = self.recogniser.bundle.card.split["validation_speakers"]
        labels = self.recogniser.labels
        chosen = [u for u in scan(name, folder).utterances if u.speaker in speakers and u.emotion in labels]
        random.Random(0).shuffle(chosen)  # noqa: S311 - a choice of clips, no secret
        return chosen[:n_clips]

    def _put_in_a_row(self, utterances: Sequence[Utterance]) -> list[tuple[Signal, Labels, NDArray[np.bool_]]]:
        rows = []
        gap = np.zeros(round(GAP_SECONDS * RATE), dtype=np.float32)
        for speaker in sorted({u.speaker for u in utterances}):
            own = [pair for u, pair in zip(utterances, self.clips, strict=True) if u.speaker == speaker][:24]
            whole = [(x[: x.size // TICK * TICK], emotion) for x, emotion in own]
            signal = np.concatenate([part for x, _ in whole for part in (x, gap)])
            words = [w for x, e in whole for w in ([e] * (x.size // TICK) + [""] * (gap.size // TICK))]
            truth = np.array(words)
            rows.append((signal, truth, self._speech(signal) & (truth != "")))
        return rows

    def _speech(self, x: Signal) -> NDArray[np.bool_]:
        engine = self.recogniser.engine()
        engine.push(x)
        engine.close()
        mask = np.zeros(-(-x.size // TICK), dtype=bool)
        for segment in engine.speech():
            mask[round(segment.start * 100) : round(segment.end * 100)] = True
        return mask

    def _judge_whole_clips(self) -> float:
        return float(np.mean([self.recogniser.predict(x, RATE).emotion == emotion for x, emotion in self.clips]))


def _is_audio(file: Path) -> bool:
    return file.suffix.lower() in (".wav", ".flac") and "48k" not in str(file.parent)


def _on_grid(predictions: Sequence[Prediction], n_samples: int) -> Labels:
    grid = np.full(-(-n_samples // TICK), "", dtype="U16")
    for prediction in predictions:
        grid[round(prediction.segment.start * 100) : round(prediction.segment.end * 100)] = prediction.emotion
    return grid


def _row(run: dict[str, Any]) -> list[str]:
    settings = ", ".join(f"{name} {value}" for name, value in run.items() if name not in SCORES)
    return [settings, *(f"{run[score]:.3f}" for score in SCORES)]


if __name__ == "__main__":
    main()
