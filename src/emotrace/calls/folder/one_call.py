"""One call of a folder, from the recording to its files: ``NAME.json`` and ``NAME.html``.

A call that is done already is known by its *fingerprint*, which stands in its JSON: a hash of the recording, its
turns, the models and all settings. It is not done again, and what was cut short is.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from emotrace import __version__
from emotrace.atomic import replacing
from emotrace.audio.decode import open_audio
from emotrace.audio.limits import DEFAULT_LIMITS, Limits
from emotrace.audio.source import show_path
from emotrace.calls.analyze import analyze_call
from emotrace.calls.folder.recordings import FoundCall
from emotrace.calls.formats import html
from emotrace.calls.formats.json import write_document
from emotrace.calls.parties import read_channel
from emotrace.calls.rules import Rule
from emotrace.calls.turns import read_turns
from emotrace.errors import EmotraceError
from emotrace.hear.recognizer import Recogniser, load

_READ_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class FolderSettings:
    """How all calls of a folder are analysed; the fields are those of `analyze_call` and `emotrace.load`.

    ``output`` is the folder for the results; ``has_audio`` says whether the pages hold the recordings.
    """

    output: Path
    rules: tuple[Rule, ...]
    customer: str | None = None
    agent: str | None = None
    agent_consent: str | None = None
    model: str | None = None
    labels: str | None = None
    has_audio: bool = True
    limits: Limits = DEFAULT_LIMITS

    def load(self) -> Recogniser:
        """Load the recogniser."""
        return load(self.model, self.labels, limits=self.limits)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call: the call's JSON, or the error; and what was noticed on the way."""

    name: str
    document: dict[str, Any] | None = None
    error: str | None = None
    is_new: bool = True
    warnings: tuple[str, ...] = field(default=())


def json_path(call: FoundCall, settings: FolderSettings) -> Path:
    """Give where a call's JSON is written: ``a/b.wav.json`` for ``a/b.wav``, so that ``a/b.mp3`` has its own."""
    return settings.output / f"{call.name}.json"


def page_path(call: FoundCall, settings: FolderSettings) -> Path:
    """Give where a call's page is written."""
    return settings.output / f"{call.name}.html"


def do_call(call: FoundCall, settings: FolderSettings, recogniser: Recogniser) -> Outcome:
    """Analyse one call and write its files, unless that has been done; a failure is an outcome, too."""
    name = call.name.as_posix()
    with warnings.catch_warnings(record=True) as noticed:
        warnings.simplefilter("always")
        try:
            fingerprint = fingerprint_of(call, settings, recogniser)
            document = read_done(call, settings, fingerprint)
            is_new = document is None
            if document is None:
                document = _do(call, settings, recogniser, fingerprint)
        except EmotraceError as error:
            return Outcome(name, error=str(error))
        except OSError as error:
            return Outcome(name, error=f"{show_path(error.filename or name)}: {error.strerror or error}")
        except MemoryError:
            return Outcome(
                name, error=f"{show_path(call.path)}: not enough memory; analyse fewer calls at once (--jobs)"
            )
    return Outcome(name, document, is_new=is_new, warnings=tuple(str(warning.message) for warning in noticed))


def fingerprint_of(call: FoundCall, settings: FolderSettings, recogniser: Recogniser) -> str:
    """Hash all that a call's result depends on."""
    facts = {
        "emotrace": __version__,
        "recording": _hash_of(call.path),
        "turns": None if call.turns is None else _hash_of(call.turns),
        "models": [dict(b.card.files["model.onnx"]) for b in (recogniser.bundle, recogniser.speech_bundle)],
        "labels": recogniser.labels,
        "rules": [asdict(rule) for rule in settings.rules],
        "parties": [settings.customer, settings.agent, settings.agent_consent],
        "has_audio": settings.has_audio,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def read_done(call: FoundCall, settings: FolderSettings, fingerprint: str) -> dict[str, Any] | None:
    """Give the JSON of a call that has been done with this fingerprint, else None."""
    try:
        document = json.loads(json_path(call, settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_done = isinstance(document, dict) and document.get("fingerprint") == fingerprint
    return document if is_done and page_path(call, settings).is_file() else None


def _do(call: FoundCall, settings: FolderSettings, recogniser: Recogniser, fingerprint: str) -> dict[str, Any]:
    naming = _naming(call, settings)
    heard = analyze_call(
        call.path,
        **naming,
        rules=settings.rules,
        agent_consent=settings.agent_consent,
        recogniser=recogniser,
        limits=settings.limits,
    )
    document = {**heard.to_dict(), "fingerprint": fingerprint}
    page, data = page_path(call, settings), json_path(call, settings)
    page.parent.mkdir(parents=True, exist_ok=True)
    with replacing(page) as part, part.open("w", encoding="utf-8", newline="") as stream:
        html.write_call(heard, stream, settings.has_audio, settings.limits)
    # Last, for it tells that all is there.
    with replacing(data) as part, part.open("w", encoding="utf-8", newline="") as stream:
        write_document(document, stream)
    return document


def _naming(call: FoundCall, settings: FolderSettings) -> dict[str, Any]:
    """Choose how the parties of one recording among many are told apart.

    Turns beside a recording are used unless the customer's name is that of one of several channels. A name that is
    no speaker of theirs is left out: it may be another recording's, and the roles of the turns may speak for
    themselves.
    """
    named = {"customer": settings.customer, "agent": settings.agent}
    if call.turns is None:
        return named
    if settings.customer is not None and read_channel(settings.customer) is not None:
        with open_audio(call.path, settings.limits) as reader:
            if reader.recording.n_channels > 1:
                return named
    speakers = {turn.speaker for turn in read_turns(call.turns, recording=call.path)}
    return {"turns": call.turns, **{role: name if name in speakers else None for role, name in named.items()}}


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
