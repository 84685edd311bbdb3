"""Plans: which copies of the training clips are made, after the split and of the training side only.

A copy made before the split, or of a clip that is tested on, tells the model what it will be asked. So a plan
takes a whole split and touches its training side alone, and every copy names the recording it was made from
(``Utterance.twin_of``), by which the leakage checks find a twin that has strayed.

What is drawn for a copy depends on the seed, the clip and the number of the copy, and on nothing else: order,
parallel workers, interruptions and the folder the corpus lies in do not matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from emotrace.errors import LeakError, UnknownNameError, UsageError
from emotrace.learn.augment._augmentation import Signal
from emotrace.learn.augment._chain import Chain, make_chain
from emotrace.types import Utterance


class Divided(Protocol):
    """Utterances that have been divided: `emotrace.learn.evaluation.split.Split` or ``LeakySplit``."""

    @property
    def train(self) -> Sequence[Utterance]:
        """What is learnt from."""

    @property
    def validation(self) -> Sequence[Utterance]:
        """What choices are made by."""

    @property
    def test(self) -> Sequence[Utterance]:
        """What is judged by."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the training table: a clip and how it is changed before its features are taken.

    Attributes
    ----------
    utterance
        The clip. Of a changed copy, ``twin_of`` is the recording it was made from.
    chain
        What is applied; empty for the clip as it is.
    copy
        Which copy of the clip this is, from 0.
    seed
        Of the plan.
    """

    utterance: Utterance
    chain: Chain
    copy: int
    seed: int

    def apply(self, signal: Signal, sampling_rate: int) -> Signal:
        """Give the copy that is trained on, from the clip's own signal (loaded, trimmed, cut to its segment).

        Raises
        ------
        DecodeError, UsageError
            As `emotrace.learn.augment.Noise` and its like do.
        """
        return self.chain(signal, sampling_rate, self.rng())

    def rng(self) -> np.random.Generator:
        """Give the generator that this copy draws from, always at its beginning."""
        text = f"{self.seed}|{self.copy}|{_clip_id(self.utterance)}"
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        return np.random.default_rng(int.from_bytes(digest[:16], "big"))


@dataclass(frozen=True)
class Plan:
    """What becomes of each training clip.

    Parameters
    ----------
    name
        What it is called in messages.
    copies
        One chain for each row that a clip gives, as names of augmentations; an empty one is the clip itself.
    description
        A sentence for people.

    Raises
    ------
    UnknownNameError, UsageError
        If there are no copies, or a chain cannot be made (see `make_chain`).

    >>> Plan("two rows", ((), ("noise",))).n_rows(100)
    200
    """

    name: str
    copies: tuple[tuple[str, ...], ...]
    description: str = ""

    def __post_init__(self) -> None:
        if not self.copies:
            raise UsageError(
                f"plan '{self.name}' makes no rows; give it at least one chain, () for the clip itself"
            )
        for chain in self.copies:
            make_chain(chain)

    def n_rows(self, n_utterances: int) -> int:
        """Say how many rows come of so many clips."""
        return n_utterances * len(self.copies)

    def rows(self, split: Divided, seed: int) -> list[Row]:
        """Give the rows of the training side, the copies of each clip side by side.

        Parameters
        ----------
        split
            What has been divided already. Validation and test are not touched: judge them as they are.
        seed
            A whole number from 0 on.

        Raises
        ------
        LeakError
            If the training side holds an utterance whose manifest puts it on another side.
        UsageError
            If there is no split, or no such seed.
        """
        if not all(hasattr(split, side) for side in ("train", "validation", "test")):
            raise UsageError(
                f"plan '{self.name}' needs a split, not {type(split).__name__}: divide the utterances first; "
                "validation and test must stay as they are, so only the training side is augmented"
            )
        for utterance in split.train:
            if utterance.split not in (None, "train"):
                raise LeakError(
                    f"plan '{self.name}' is for training only, but {utterance.file} is on the {utterance.split} "
                    "side of its manifest; divide by that column (the protocol assigned), or empty it"
                )
        return self._expand(split.train, seed)

    def rows_before_split_leaky(self, utterances: Sequence[Utterance], seed: int) -> list[Row]:
        """Give rows of all utterances, to be divided afterwards: the mistake that some published figures hold.

        Copies of one recording then stand on both sides. It exists to show what that is worth: divide the rows'
        utterances into a ``LeakySplit``, which names the twins.
        """
        return self._expand(utterances, seed)

    def _expand(self, utterances: Sequence[Utterance], seed: int) -> list[Row]:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise UsageError(f"plan '{self.name}': the seed is {seed!r}; it must be a whole number from 0 on")
        chains = [make_chain(chain) for chain in self.copies]
        return [
            Row(_twin(utterance) if chain.steps else utterance, chain, copy, int(seed))
            for utterance in utterances
            for copy, chain in enumerate(chains)
        ]


def find_plan(name: str) -> Plan:
    """Give one of `PLANS` by its name; raise `UnknownNameError` naming near ones if there is none."""
    wanted = name.lower().replace("_", "-")
    if wanted not in PLANS:
        raise UnknownNameError("augmentation plan", name, PLANS)
    return PLANS[wanted]


def _twin(utterance: Utterance) -> Utterance:
    # The samples differ from the source's, and so would their fingerprint.
    return replace(utterance, twin_of=utterance.recording_id, content=None)


def _clip_id(utterance: Utterance) -> str:
    """Name a clip the same on every machine: by its recording, or by folder and file, and by its segment."""
    file = "/".join(utterance.file.replace("\\", "/").split("/")[-2:])
    segment = "" if utterance.segment is None else f"{utterance.segment.start:.6f}-{utterance.segment.end:.6f}"
    return "|".join((utterance.corpus, utterance.recording, file, segment))


def _three_rows(project: str) -> tuple[tuple[str, ...], ...]:
    return ((), (f"noise:{project}",), (f"time-stretch:{project}", f"pitch-shift:{project}"))


PLANS: Mapping[str, Plan] = {
    plan.name: plan
    for plan in (
        Plan(
            "avatar",
            (("noise:avatar", "time-stretch:avatar", "pitch-shift:avatar"),),
            "in place, as many rows as clips: noise, then stretched, then shifted up by about a semitone",
        ),
        Plan(
            "capstone",
            _three_rows("capstone"),
            "three rows a clip: as it is; noise; slower and 0.7 semitones higher",
        ),
        Plan(
            "quality-assurance",
            _three_rows("quality-assurance"),
            "three rows a clip: as it is; noise; slower and 0.8 semitones higher",
        ),
    )
}
"""The plans of the reference projects, as published."""
