"""Check a table of utterances before it is trusted: are all files there, sound, different and well spread?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emotrace.errors import EmotraceError
from emotrace.learn.corpora._balance import count_balance, imbalances
from emotrace.learn.corpora._corpus import Corpus
from emotrace.learn.corpora._measure import Measurement, by_file, measure_file, say_nothing
from emotrace.types import Utterance

SILENT_PEAK_DB = -60.0
"""An utterance whose largest sample is below this is called silent."""
QUIET_RMS_DB = -60.0
"""One whose root mean square is below this is called quiet."""
CLIPPED_RUN = 3
"""So many samples at full scale in a row are called clipping."""
# A file's last block may be cut by rounding; less than this past its end is not worth a word.
_SEGMENT_SLACK_SECONDS = 0.05

ERROR_KINDS = ("count", "missing", "undecodable", "segment")
WARNING_KINDS = (
    "damaged",
    "silent",
    "quiet",
    "clipped",
    "short",
    "long",
    "repeated row",
    "identical audio",
    "contradiction",
    "known bad",
    "balance",
    "unknown corpus",
)
NOTE_KINDS = ("part",)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: its kind (one of `ERROR_KINDS`, `WARNING_KINDS`, `NOTE_KINDS`), a sentence, files."""

    kind: str
    message: str
    files: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """Say how bad it is: an ``error`` makes figures wrong, a ``warning`` weak, a ``note`` neither."""
        if self.kind in ERROR_KINDS:
            return "error"
        return "note" if self.kind in NOTE_KINDS else "warning"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found; ``balance`` are counts by corpus, emotion, sex and speaker."""

    n_utterances: int
    seconds: float
    balance: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...] = field(default_factory=tuple)

    @property
    def errors(self) -> list[Finding]:
        """Findings that must be mended."""
        return [finding for finding in self.findings if finding.level == "error"]

    @property
    def warnings(self) -> list[Finding]:
        """Findings to know about."""
        return [finding for finding in self.findings if finding.level == "warning"]

    @property
    def notes(self) -> list[Finding]:
        """Findings that are no fault."""
        return [finding for finding in self.findings if finding.level == "note"]

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain data."""
        return {
            "n_utterances": self.n_utterances,
            "seconds": round(self.seconds, 3),
            "n_errors": len(self.errors),
            "n_warnings": len(self.warnings),
            "n_notes": len(self.notes),
            "balance": {by: dict(counts) for by, counts in self.balance.items()},
            "findings": [
                {
                    "kind": finding.kind,
                    "level": finding.level,
                    "message": finding.message,
                    "files": list(finding.files),
                }
                for finding in self.findings
            ],
        }


def check(
    utterances: Sequence[Utterance],
    corpora: Iterable[Corpus] = (),
    *,
    min_seconds: float = 0.3,
    max_seconds: float = 30.0,
    on_done: Callable[[int], Any] = say_nothing,
) -> CheckReport:
    """Check labels, counts and the audio itself; every file is decoded once.

    Parameters
    ----------
    utterances
        At least one.
    corpora
        Facts of the corpora that the utterances may come from (`Utterance.corpus` is their name).
    min_seconds, max_seconds
        Lengths outside of these are reported.
    on_done
        Told the number of utterances done so far after each file.

    Returns
    -------
    CheckReport
        Findings in the order: counts, files, audio, identical audio, balance.
    """
    facts = {corpus.name: corpus for corpus in corpora}
    findings = [
        *_check_counts(utterances, facts),
        *_repeated_rows(utterances),
        *_known_bad(utterances, facts),
    ]
    measured: dict[int, Measurement] = {}
    n_done = 0
    for file, indices in by_file(utterances).items():
        findings += _measure(file, indices, utterances, measured)
        n_done += len(indices)
        on_done(n_done)
    for index, measurement in measured.items():
        findings += _judge(utterances[index], measurement, min_seconds, max_seconds)
    findings += _identical_audio(utterances, measured)
    findings += [Finding("balance", sentence) for sentence in imbalances(utterances)]
    seconds = math.fsum(measurement.seconds for measurement in measured.values())
    return CheckReport(len(utterances), seconds, count_balance(utterances), tuple(findings))


def _check_counts(utterances: Sequence[Utterance], facts: Mapping[str, Corpus]) -> Iterator[Finding]:
    counts: dict[str, Counter[str]] = {}
    for utterance in utterances:
        if utterance.corpus:
            counts.setdefault(utterance.corpus, Counter())[utterance.emotion] += 1
    for name, here in sorted(counts.items()):
        if name not in facts:
            yield Finding("unknown corpus", f"'{name}' is no corpus known here, so its counts are not checked")
            continue
        # A part of a corpus is as good a table as any; what the corpus does not hold is a wrong label or a copy.
        release = facts[name].release_with(here)
        if release is None:
            yield Finding("count", _too_many(facts[name], here))
        elif sum(here.values()) < sum(release.values()):
            n_here, n_all = sum(here.values()), sum(release.values())
            lacking = [label for label, n in release.items() if n and not here[label]]
            without = f", without {', '.join(lacking)}" if lacking else ""
            yield Finding("part", f"{n_here} of {name}'s {n_all} clips: a part of the corpus{without}")


def _too_many(corpus: Corpus, here: Mapping[str, int]) -> str:
    beyond = ", ".join(
        f"{n} x {label}, where it has {corpus.counts.get(label, 0)}"
        for label, n in here.items()
        if n > corpus.counts.get(label, 0)
    )
    return f"more than {corpus.name} holds: {beyond}; look for wrong labels and for clips that are there twice"


def _repeated_rows(utterances: Sequence[Utterance]) -> Iterator[Finding]:
    rows = Counter((utterance.file, utterance.segment) for utterance in utterances)
    for (file, _), count in rows.items():
        if count > 1:
            yield Finding("repeated row", f"the same stretch of the same file stands in {count} rows", (file,))


def _known_bad(utterances: Sequence[Utterance], facts: Mapping[str, Corpus]) -> Iterator[Finding]:
    for utterance in utterances:
        corpus = facts.get(utterance.corpus)
        reason = corpus.why_bad(utterance.file) if corpus else None
        if reason:
            yield Finding("known bad", reason, (utterance.file,))


def _measure(
    file: str, indices: list[int], utterances: Sequence[Utterance], measured: dict[int, Measurement]
) -> list[Finding]:
    if not Path(file).exists():
        return [Finding("missing", "no such file", (file,))]
    try:
        measurements = measure_file(file, [utterances[index].segment for index in indices])
    except EmotraceError as error:
        return [Finding("undecodable", str(error), (file,))]
    measured.update(zip(indices, measurements, strict=True))
    return [Finding("damaged", complaint, (file,)) for complaint in measurements[0].warnings]


def _judge(
    utterance: Utterance, measurement: Measurement, min_seconds: float, max_seconds: float
) -> Iterator[Finding]:
    files = (utterance.file,)
    seconds = measurement.seconds
    segment = utterance.segment
    if segment is not None and seconds < segment.duration - _SEGMENT_SLACK_SECONDS:
        yield Finding("segment", f"{segment.start:g} to {segment.end:g} s lies beyond the end of the file", files)
    if seconds < min_seconds:
        yield Finding("short", f"{seconds:.2f} s, less than {min_seconds:g} s", files)
    if seconds > max_seconds:
        yield Finding("long", f"{seconds:.1f} s, more than {max_seconds:g} s", files)
    if measurement.peak_db < SILENT_PEAK_DB:
        yield Finding("silent", f"no sample is above {SILENT_PEAK_DB:g} dBFS", files)
    elif measurement.rms_db < QUIET_RMS_DB:
        yield Finding("quiet", f"very quiet: {measurement.rms_db:.0f} dBFS RMS", files)
    if measurement.longest_clip >= CLIPPED_RUN:
        yield Finding("clipped", f"{measurement.longest_clip} samples in a row at full scale", files)


def _identical_audio(utterances: Sequence[Utterance], measured: Mapping[int, Measurement]) -> Iterator[Finding]:
    groups: dict[str, list[int]] = {}
    for index, measurement in measured.items():
        # Silence equals silence; that is reported as such.
        if measurement.peak_db >= SILENT_PEAK_DB:
            groups.setdefault(measurement.content, []).append(index)
    for indices in groups.values():
        same = [utterances[index] for index in indices]
        files = tuple(dict.fromkeys(utterance.file for utterance in same))
        emotions = sorted({utterance.emotion for utterance in same})
        if len(emotions) > 1:
            yield Finding("contradiction", f"identical audio labelled {' and '.join(emotions)}", files)
        elif len(files) > 1:
            yield Finding("identical audio", f"{len(files)} files hold the same audio", files)
