"""Who agreed to what, when: people, each with a folder of their own, and the text that they agreed to."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from emotrace.app.collection.folder import Collection
from emotrace.atomic import replacing
from emotrace.errors import ManifestError, UsageError

VERSION = "1"
"""Of the text; who agreed to another one is asked again."""

FILE = "consent.json"

_MOST_CHARACTERS = 120
_SEXES = ("female", "male")

_TEXT = """\
I agree that recordings of my voice are collected.
- Who collects them: {collector}.
- What is kept: the recordings, the emotion that each was labelled with, what was said if I write it down, my sex \
if I state it, the name or pseudonym above, and this agreement with its date.
- What for: to train and to test computer models that guess emotion from the sound of speech. Such a model may \
afterwards be given to others; the recordings are not, unless I agree to that elsewhere.
- Where: in one folder on this computer. emotrace sends nothing anywhere.
- How long: until I withdraw. I may do so at any time, without giving a reason and without any disadvantage; then \
all of my recordings, their labels and this agreement are deleted from that folder with one click. Models that \
were trained before keep what they learned until they are trained anew.
- I speak of my own free will, I am an adult, and nobody else can be heard in the recordings."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One person's agreement.

    Attributes
    ----------
    person
        Name or pseudonym.
    collector
        Who collects, and how to reach them.
    given_at
        ISO 8601, with the offset from UTC.
    version, text
        What was agreed to.
    sex
        ``female``, ``male`` or None where it is not stated.
    """

    person: str
    collector: str
    given_at: str
    version: str
    text: str
    sex: str | None = None


def consent_text(collector: str) -> str:
    """Give the text to agree to."""
    return _TEXT.format(collector=" ".join(collector.split()) or "…")


def folder_name(person: str) -> str:
    """Give a folder's name for a person: safe on every system, and no two people share one.

    >>> folder_name("Zoë K.")
    'zoe-k-e2f1a0'
    >>> folder_name("../../etc") == folder_name("etc")
    False
    """
    key = " ".join(unicodedata.normalize("NFKC", person).casefold().split())
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode("ascii")
    readable = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:32].strip("-") or "person"
    return f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:6]}"


def give_consent(collection: Collection, person: str, collector: str, sex: str | None, now: datetime) -> Consent:
    """Write down that a person agrees, now.

    Raises
    ------
    UsageError
        If a name is missing or cannot be shown.
    ManifestError
        If it cannot be written.
    """
    person = _checked(person, "say who speaks: a name or a pseudonym")
    collector = _checked(
        collector, "say who collects the clips and how to reach them: people have a right to know"
    )
    given_at = now.astimezone().isoformat(timespec="seconds")
    consent = Consent(
        person, collector, given_at, VERSION, consent_text(collector), sex if sex in _SEXES else None
    )
    collection.create()
    folder = person_folder(collection, person)
    try:
        folder.mkdir(exist_ok=True)
        with replacing(folder / FILE) as part:
            part.write_text(json.dumps(asdict(consent), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ManifestError(f"{folder}: cannot be written to: {error.strerror or error}") from None
    return consent


def person_folder(collection: Collection, person: str) -> Path:
    """Give where a person's recordings lie; raise `UsageError` for a link, which may lead anywhere."""
    folder = collection.people / folder_name(person)
    if folder.is_symlink() or collection.people.is_symlink():
        raise UsageError(f"{folder}: is a link; put a folder in its place")
    return folder


def read_consent(folder: Path) -> Consent | None:
    """Read what lies in a person's folder; None if there is none, or it is damaged."""
    try:
        record = json.loads((folder / FILE).read_text("utf-8"))
        consent = Consent(**record)
    except (OSError, ValueError, TypeError):
        return None
    texts = (consent.person, consent.collector, consent.given_at, consent.version, consent.text)
    is_sound = all(isinstance(text, str) for text in texts) and consent.sex in (None, *_SEXES)
    return consent if is_sound else None


def find_consent(collection: Collection, person: str) -> Consent:
    """Give a person's agreement to the present text; raise `UsageError` if there is none."""
    consent = read_consent(person_folder(collection, _checked(person, "say who speaks")))
    if consent is None:
        raise UsageError(f"{person} has not agreed yet; read the text and agree to it first")
    if consent.version != VERSION:
        raise UsageError(f"{person} agreed to another text (version {consent.version}); agree to this one first")
    return consent


def read_people(collection: Collection) -> Mapping[str, Consent | None]:
    """Give everybody's agreement by the name of their folder; None where it is missing or damaged."""
    if not collection.people.is_dir():
        return {}
    folders = sorted(each for each in collection.people.iterdir() if each.is_dir() and not each.is_symlink())
    return {folder.name: read_consent(folder) for folder in folders}


def _checked(text: str, otherwise: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise UsageError(otherwise)
    if len(line) > _MOST_CHARACTERS or not line.isprintable():
        raise UsageError(f"a name is one line of at most {_MOST_CHARACTERS} printable characters")
    return line
