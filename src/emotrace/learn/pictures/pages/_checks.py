"""What was looked for in a corpus, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

from emotrace.learn.pictures.pages._words import count, listed
from emotrace.markup import Html, element

_N_SHOWN = 8
_CHECKS = (
    ("count", "No more clips than the corpus has", "wrong count", "critical"),
    ("missing", "Files are there", "missing file", "critical"),
    ("undecodable", "Files can be decoded", "file that cannot be decoded", "critical"),
    ("segment", "Stretches lie within their files", "stretch beyond its file's end", "critical"),
    ("damaged", "Files are undamaged", "damaged file", "warning"),
    ("contradiction", "No sound has two labels", "sound with two labels", "warning"),
    ("identical audio", "No two files hold the same sound", "sound in more than one file", "warning"),
    ("repeated row", "No row stands there twice", "repeated row", "warning"),
    ("silent", "No clip is silent", "silent clip", "warning"),
    ("quiet", "No clip is near-silent", "near-silent clip", "warning"),
    ("clipped", "No clip is clipped", "clipped clip", "warning"),
    ("short", "No clip is too short", "short clip", "warning"),
    ("long", "No clip is too long", "long clip", "warning"),
    ("known bad", "No file is known to be bad", "file known to be bad", "warning"),
    ("unknown corpus", "Corpora are known", "unknown corpus", "warning"),
    ("part", "Known corpora are complete", "part of a corpus", "note"),
    ("balance", "Labels, sexes and speakers are even", "imbalance", "warning"),
)
_PLURALS = {
    "file that cannot be decoded": "files that cannot be decoded",
    "stretch beyond its file's end": "stretches beyond their files' ends",
    "sound with two labels": "sounds with two labels",
    "sound in more than one file": "sounds in more than one file",
    "file known to be bad": "files known to be bad",
    "unknown corpus": "unknown corpora",
    "clip without features": "clips without features",
    "constant feature": "constant features",
}


class _Check(NamedTuple):
    title: str
    fault: str
    level: str
    sentences: list[str]


def draw_verdict(facts: Mapping[str, Any]) -> Html:
    """Say in one box whether the corpus is sound."""
    checks = [check for check in _checks(facts) if check.sentences and check.level != "note"]
    broken = [check for check in checks if check.level == "critical"]
    if broken:
        kind, word = "critical", "Mend this first."
        said = f"There {_tell(broken)}. Figures on this table would be wrong."
    elif checks:
        kind, word = "warning", "Usable, with eyes open."
        said = f"There {_tell(checks)}."
    else:
        kind, word = "good", "Sound."
        said = "Nothing was found to be wrong with any file."
    said += "".join(f" {f['message']}." for f in facts["check"]["findings"] if f["kind"] == "part")
    return element("div", element("p", element("strong", word), " ", said), class_=f"verdict is-{kind}")


def draw_checks(facts: Mapping[str, Any]) -> Html:
    """List every check with its result."""
    return element("ul", *(_row(check) for check in _checks(facts)), class_="checks")


def _checks(facts: Mapping[str, Any]) -> list[_Check]:
    findings: Sequence[Mapping[str, Any]] = facts["check"]["findings"]
    checks = [
        _Check(title, fault, level, [_sentence(f) for f in findings if f["kind"] == kind])
        for kind, title, fault, level in _CHECKS
    ]
    tables = facts["features"]
    n_missing = sum(table["n_missing"] for table in tables.values())
    n_infinite = sum(table["n_infinite"] for table in tables.values())
    lost = [entry["reason"] for entry in facts["not_extracted"]]
    if n_missing or n_infinite:
        lost.append(f"{count(n_missing, 'value')} missing, {n_infinite:,} infinite")
    checks.append(_Check("No feature is missing or infinite", "clip without features", "warning", lost))
    if all(table["n_clips"] < 2 for table in tables.values()):
        return checks
    constant = sorted({name for table in tables.values() for name in table["constant"]})
    more = f" and {len(constant) - _N_SHOWN} more" if len(constant) > _N_SHOWN else ""
    said = [f"the same for all clips: {', '.join(constant[:_N_SHOWN])}{more}"] if constant else []
    checks.append(_Check("Features vary", "constant feature", "warning" if len(constant) > 1 else "note", said))
    return checks


def _row(check: _Check) -> Html:
    found = check.sentences
    if not found:
        return element(
            "li",
            element("span", "✓", class_="mark"),
            element("span", check.title),
            element("span", "yes", class_="result"),
            class_="is-good",
        )
    is_note = check.level == "note"
    first = element("p", found[0], class_="said") if len(found) == 1 else None
    more = None
    if len(found) > 1:
        shown = [element("p", sentence) for sentence in found[:_N_SHOWN]]
        rest = element("p", f"... and {len(found) - _N_SHOWN:,} more") if len(found) > _N_SHOWN else None
        more = element("details", element("summary", f"the first of {len(found):,}"), *shown, rest)
    return element(
        "li",
        element("span", "–" if is_note else "!", class_="mark"),
        element("span", check.title),
        element("span", "note" if is_note else count(len(found), "exception"), class_="result"),
        first,
        more,
        class_=f"is-{check.level}",
    )


def _sentence(finding: Mapping[str, Any]) -> str:
    files = finding["files"]
    names = ", ".join(PurePath(file).name for file in files[:3]) + (" ..." if len(files) > 3 else "")
    # The decoder's sentence names the file already.
    if not files or files[0] in finding["message"]:
        return str(finding["message"])
    return f"{names}: {finding['message']}"


def _tell(checks: Sequence[_Check]) -> str:
    verb = "is" if len(checks[0].sentences) == 1 else "are"
    return f"{verb} {listed([count(len(c.sentences), c.fault, _PLURALS.get(c.fault, '')) for c in checks])}"
