"""The facts of a corpus as one frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emotrace.errors import CorpusError, suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What is known of a corpus before one file of it is seen.

    Attributes
    ----------
    name
        Its name here, for instance ``crema-d``.
    title, citation, url
        Its full name, how to cite it, where it comes from.
    licence, licence_url
        Under which terms it may be used.
    allows_commercial_use
        Whether those terms let weights trained on it be used commercially; see the licence itself.
    languages
        ISO 639-1 codes.
    speakers
        Sex (``female`` or ``male``) by speaker, as in `Utterance.speaker`.
    emotions
        Emotion by the corpus's own code or word, as in `Utterance.source_label`.
    counts
        Number of utterances by emotion in the complete corpus.
    other_counts
        The same for other complete releases that are about.
    known_bad
        Reason by file name (without its ending, lower-case; the speaker's folder in front where names
        repeat) of files that are known to be defective.
    example
        A file name as it should be.
    is_sung
        Whether it is song: never to be mixed into figures on speech.
    notes
        What a user should know before trusting figures on this corpus.
    """

    name: str
    title: str
    licence: str
    licence_url: str
    allows_commercial_use: bool
    citation: str
    url: str
    languages: tuple[str, ...]
    speakers: Mapping[str, str]
    emotions: Mapping[str, str]
    counts: Mapping[str, int]
    example: str
    other_counts: tuple[Mapping[str, int], ...] = ()
    known_bad: Mapping[str, str] = field(default_factory=dict)
    is_sung: bool = False
    notes: str = ""

    @property
    def n_utterances(self) -> int:
        """Number of utterances of the complete corpus."""
        return sum(self.counts.values())

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions it has, in the order of its codes."""
        return tuple(dict.fromkeys(self.emotions.values()))

    def release_with(self, counts: Mapping[str, int]) -> Mapping[str, int] | None:
        """Give the counts of the release that so many utterances by emotion fit into; None if there is none."""
        releases = (self.counts, *self.other_counts)
        fits = (r for r in releases if all(n <= r.get(emotion, 0) for emotion, n in counts.items()))
        return min(fits, key=lambda release: sum(release.values()), default=None)

    def why_bad(self, file: str | Path) -> str | None:
        """Say why ``file`` is known to be defective; None if nothing is known against it."""
        path = Path(file)
        stem = path.stem.lower()
        return self.known_bad.get(stem) or self.known_bad.get(f"{path.parent.name.lower()}/{stem}")

    def emotion_of(self, path: Path, code: str) -> str:
        """Give the emotion of one of the corpus's codes; raise `CorpusError` if it has no such code."""
        if code not in self.emotions:
            raise misfit(path, f"unknown emotion '{code}' in the name; {suggest(code, self.emotions)}")
        return self.emotions[code]

    def sex_of(self, path: Path, speaker: str) -> str:
        """Give the sex of a speaker; raise `CorpusError` if the corpus has no such speaker."""
        if speaker not in self.speakers:
            raise misfit(path, f"{self.title} has no speaker '{speaker.partition(':')[2]}'")
        return self.speakers[speaker]

    def misfit(self, path: Path) -> CorpusError:
        """Make the error for a file name that does not fit the corpus's scheme."""
        return misfit(path, f"not a file name of {self.title} (expected one like {self.example})")


def misfit(path: Path, reason: str) -> CorpusError:
    """Make the error for one file; `scan` takes the path off again to keep the reason alone."""
    return CorpusError(f"{path}: {reason}")
