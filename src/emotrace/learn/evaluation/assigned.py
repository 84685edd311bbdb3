"""The division a manifest itself gives in its column ``split``."""

from __future__ import annotations

from collections.abc import Sequence

from emotrace.errors import UsageError
from emotrace.learn.evaluation.leakage import SIDES
from emotrace.learn.evaluation.split import Split
from emotrace.types import Utterance


def split_as_assigned(utterances: Sequence[Utterance], name: str = "assigned") -> Split:
    """Divide by ``Utterance.split``; an own division is checked for leaks like any other.

    Raises
    ------
    UsageError
        If an utterance has no side or an unknown one, or train or test is empty.
    LeakError
        If the division leaks.
    """
    wrong = [u for u in utterances if u.split not in SIDES]
    if wrong:
        first = wrong[0]
        raise UsageError(
            f"protocol 'assigned' needs one of {', '.join(SIDES)} in the column 'split' of every utterance; "
            f"{len(wrong)} have something else, first {first.file} with {first.split!r}"
        )
    sides = {side: [u for u in utterances if u.split == side] for side in SIDES}
    for side in ("train", "test"):
        if not sides[side]:
            raise UsageError(
                f"protocol 'assigned' got no utterance for {side}; write '{side}' into the column 'split' of some"
            )
    return Split(sides["train"], sides["validation"], sides["test"], name)
