"""One file per corpus: facts and a file-name parser.

A module of this folder exports ``CORPUS`` (a `Corpus`: the facts), ``parse(path) -> Utterance`` and
``utterances(root) -> list[Utterance]``; it may export ``annotate(scan) -> Scan`` to add what stands in
tables beside the audio (listener votes). Files whose names start with ``_`` are machinery.
"""

from __future__ import annotations

from emotrace.learn.corpora._corpus import Corpus
from emotrace.learn.corpora._scan import Problem, Scan, scan

__all__ = ["Corpus", "Problem", "Scan", "scan"]
