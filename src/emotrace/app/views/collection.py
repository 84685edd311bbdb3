"""A collection of clips: who takes part, what they said, and the commands to train with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from emotrace.app.collection.clips import CORPUS, clip_name
from emotrace.app.collection.consent import VERSION, Consent
from emotrace.app.collection.folder import Collection
from emotrace.app.collection.retrain import HELD_OUT_SIDE, list_commands, what_is_missing
from emotrace.labels import EMOTIONS
from emotrace.types import Utterance

EMPTY = "<div class='collection'><p class='soft'>What there is in the folder will stand here.</p></div>"


def draw_consent(text: str) -> str:
    """Give the text to agree to."""
    head, *points = text.splitlines()
    items = "".join(f"<li>{_point(line.removeprefix('- '))}</li>" for line in points)
    return (
        f'<div class="agreement" tabindex="0" role="region" aria-label="Agreement">'
        f"<p><b>{escape(head)}</b></p><ul>{items}</ul><p class='soft'>Version {escape(VERSION)}</p></div>"
    )


def draw_standing(consent: Consent | None, person: str) -> str:
    """Give a line on whether somebody has agreed."""
    if consent is None:
        line = f"{escape(person)} has not agreed yet." if person else "Nobody has agreed yet."
        return f'<p class="standing" role="status">{line}</p>'
    day, is_present = escape(consent.given_at[:10]), consent.version == VERSION
    words = "agreed" if is_present else "agreed to an earlier text: please agree to this one"
    kind = "good" if is_present else "due"
    return (
        f'<p class="standing {kind}" role="status">{escape(consent.person)} {words} '
        f"({day}, version {escape(consent.version)}).</p>"
    )


def draw_collection(
    collection: Collection, people: Mapping[str, Consent | None], clips: Sequence[Utterance], old: str
) -> str:
    """Give all there is in a collection; ``old`` is the model that is in use now."""
    root = escape(str(collection.root))
    if not people and not clips:
        state = "There is nobody in it yet." if collection.exists() else "It will be made when somebody agrees."
        return f'<div class="collection" data-folder="{root}"><h2>In {root}</h2><p class="soft">{state}</p></div>'
    cards = "".join(_person(collection, name, consent, clips) for name, consent in people.items())
    n_people = f"{len(people)} {'person' if len(people) == 1 else 'people'}"
    return (
        f'<div class="collection" data-folder="{root}"><h2>In {root}</h2>'
        f'<p class="soft">{n_people}, {_clips(len(clips))}. {_counts(clips)}</p>'
        f'<div class="people">{cards}</div>{_training(collection, clips, old)}</div>'
    )


def _point(line: str) -> str:
    head, colon, rest = line.partition(": ")
    return f"<b>{escape(head)}:</b> {escape(rest)}" if colon and len(head) < 30 else escape(line)


def _person(collection: Collection, name: str, consent: Consent | None, clips: Sequence[Utterance]) -> str:
    own = [clip for clip in clips if clip.speaker == f"{CORPUS}:{name}"]
    shown = escape(consent.person if consent else name)
    agreed = f"agreed {escape(consent.given_at[:10])}" if consent else "the agreement is missing or damaged"
    is_held_out = any(clip.split == HELD_OUT_SIDE for clip in own)
    side = "; held out, to compare models on" if is_held_out else ""
    rows = "".join(_clip(collection, clip) for clip in own)
    return (
        f'<section class="person" aria-label="{shown}"><header><h3>{shown}</h3>'
        f'<span class="soft">{agreed}; {_clips(len(own))}{side}</span></header>'
        f"{f'<ul>{rows}</ul>' if rows else ''}"
        f'<div class="forget"><button type="button" data-ask>Delete everything of {shown}</button>'
        f'<span class="sure" hidden><b>Delete {_clips(len(own))} and the agreement of {shown}?</b> This cannot be '
        f'undone. <button type="button" class="yes" data-erase="{escape(name)}">Yes, delete</button> '
        '<button type="button" data-no>No</button></span></div></section>'
    )


def _clip(collection: Collection, clip: Utterance) -> str:
    name = escape(clip_name(collection, clip))
    said = f'<span class="said">“{escape(clip.text)}”</span>' if clip.text else '<span class="said"></span>'
    return (
        f'<li><button type="button" class="listen" data-listen="{name}" '
        f'aria-label="Listen: {clip.emotion}">▶</button>{_emotion(clip.emotion)}{said}'
        f'<button type="button" class="drop" data-drop="{name}" aria-label="Delete this clip: {clip.emotion}">'
        "Delete</button></li>"
    )


def _training(collection: Collection, clips: Sequence[Utterance], old: str) -> str:
    if not clips:
        return ""
    lines = "".join(
        f"<li><span>{escape(command.purpose)}</span><div class='line'><code>{escape(command.line)}</code>"
        f"<button type='button' data-copy aria-label='Copy this command'>Copy</button></div></li>"
        for command in list_commands(collection, clips, old)
    )
    missing = "".join(f"<p class='due'>{escape(line)}</p>" for line in what_is_missing(collection, clips))
    return (
        "<section class='training'><h2>Train with these clips, and compare</h2>"
        f"{missing}<ol>{lines}</ol><p class='soft'>Training needs the extra <code>train</code>, the report "
        "<code>plot</code>. Whoever is deleted here is out of the next training; runs made before keep what they "
        "learned: delete their folders, and train anew.</p></section>"
    )


def _counts(clips: Sequence[Utterance]) -> str:
    counts = {emotion: sum(clip.emotion == emotion for clip in clips) for emotion in EMOTIONS}
    return " ".join(f"{_emotion(emotion)}&nbsp;{n}" for emotion, n in counts.items() if n)


def _clips(n: int) -> str:
    return f"{n or 'no'} {'clip' if n == 1 else 'clips'}"


def _emotion(label: str) -> str:
    swatch = f'<span class="swatch" style="background:var(--{label})"></span>'
    return f'<span class="emotion">{swatch}{label}</span>'
