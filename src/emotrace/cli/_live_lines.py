"""What `emotrace listen` writes where no live view can be: one line for each result, at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from emotrace.hear.session import StreamResult
from emotrace.reports._clock import clock
from emotrace.reports._look import Look, styled
from emotrace.reports._records import to_json


class JsonLines:
    """One JSON record per result, as `StreamResult.to_dict` gives it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, results: Sequence[StreamResult], *_: object) -> None:
        """Write the results and flush."""
        for result in results:
            self._stream.write(to_json(result.to_dict(), self._stream) + "\n")
            self._stream.flush()


class PlainLines:
    """One line per final result: when, what, how sure."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._look = stream, Look(stream)

    def show(self, results: Sequence[StreamResult], _block: NDArray[np.float32] | None, _seconds: float) -> None:
        """Write the finals and flush."""
        look = self._look
        for prediction in (result.prediction for result in results if result.is_final):
            dash = "-" if look.is_ascii else "–"
            start, end = clock(prediction.segment.start, 2), clock(prediction.segment.end, 2)
            line = styled(f"{start:>8} {dash} {end:>8}   ", "dim")
            look.print(line.append_text(look.label(prediction)).append_text(look.bar(prediction)))
            self._stream.flush()
