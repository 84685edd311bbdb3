"""Tables of utterances: CSV, JSONL and Parquet in and out, metadata of Hugging Face audio folders in.

One row is one `Utterance`. Needed are the columns ``file`` (or ``file_name``, ``path``) and ``emotion``
(or ``label``); all other fields of `Utterance` may follow, a segment as ``start`` and ``end`` in seconds,
votes as a JSON object. Columns with other names are ignored. Empty cells mean *unknown*. Relative paths
start at the manifest's folder.

Where no speaker is given, all such rows count as one and the same speaker, ``unknown``. Whoever does not know
who speaks cannot show that two sides of a split have no speaker in common; counting every file as a speaker
of its own would let any split through as speaker-independent.
"""

from emotrace.manifest.columns import COLUMNS
from emotrace.manifest.formats import ENDINGS
from emotrace.manifest.read import read_manifest
from emotrace.manifest.utterance import UNKNOWN_SPEAKER
from emotrace.manifest.write import write_manifest

__all__ = ["COLUMNS", "ENDINGS", "UNKNOWN_SPEAKER", "read_manifest", "write_manifest"]
