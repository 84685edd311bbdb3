"""What stands on a call's page, read as text; how it behaves is tested in a browser next door."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import jsonschema
import pytest
from tests.calls.pages.made_call import make_call

from emotrace.calls.pages import write_call


def _write(call: dict[str, Any], *arguments: Any, **options: Any) -> str:
    stream = io.StringIO()
    write_call(call, stream, *arguments, **options)
    return stream.getvalue()


@pytest.mark.parametrize("consent", [None, "a study"])
def test_the_made_call_is_what_emotrace_writes(consent: str | None) -> None:
    schema = json.loads(resources.files("emotrace.assets").joinpath("call.schema.json").read_text("utf-8"))
    jsonschema.validate(make_call(agent_consent=consent), schema)


@pytest.fixture(scope="module")
def page(call: dict[str, Any]) -> str:
    return _write(call, b"not looked at" * 100_000, "audio/mpeg", {"customer": [0.5] * 10, "agent": [0.1] * 10})


class _Structure(HTMLParser):
    """Collects tags with their attributes, and checks that elements are closed in order."""

    void = frozenset({"meta", "link", "input", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _policy(page: str) -> str:
    tags = _Structure(page).tags
    return next(str(a["content"]) for t, a in tags if t == "meta" and a.get("http-equiv"))


def test_is_well_formed_ascii_with_unique_ids(page: str) -> None:
    page.encode("ascii")
    assert page.startswith("<!doctype html>")
    tags = _Structure(page).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {"player", "timeline", "escalations", "quarters", "facts", "agent", "turns", "notice", "method"} <= set(
        ids
    )


def test_asks_for_nothing_and_its_policy_allows_exactly_its_own_style_and_script(page: str) -> None:
    tags = _Structure(page).tags
    for _, attributes in tags:
        for name in ("src", "href", "srcset", "data", "action"):
            assert (attributes.get(name) or "data:").startswith("data:")
        assert "style" not in attributes, "the policy forbids it"
        assert not [name for name in attributes if name.startswith("on")]
    assert "http://" not in page
    assert "https://" not in page
    assert "@import" not in page
    policy = _policy(page)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for kind, pattern in (("style", r"<style>(.*?)</style>"), ("script", r"<script>(.*?)</script>")):
        (inside,) = re.findall(pattern, page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy


def test_the_audio_is_inside_whole(page: str) -> None:
    (encoded,) = re.findall(r'src="data:audio/mpeg;base64,([^"]*)"', page)
    assert base64.b64decode(encoded, validate=True) == b"not looked at" * 100_000


def test_says_verdict_reason_notice_model_and_version(page: str, call: dict[str, Any]) -> None:
    assert "Recovered</h2>" in page
    assert call["verdict"]["reason"] in page
    assert "(Regulation (EU) 2024/1689, Article 5(1)(f))" in page
    assert "default, emotrace 0.1.0" in page


def test_escalations_have_message_severity_rule_and_evidence(page: str, call: dict[str, Any]) -> None:
    for escalation in call["escalations"]:
        assert escalation["message"] in page
        assert f"<code>{escalation['rule']}</code>" in page
    assert page.count(">Critical</span>") == 1
    assert page.count(">Warning</span>") == 2
    assert '<span class="time">2:31&#8211;2:55</span>' in page


def test_nothing_is_said_of_the_emotion_of_who_is_not_analysed(page: str, call: dict[str, Any]) -> None:
    rows = re.findall(r"<tr [^>]*data-party=\"agent\".*?</tr>", page, re.DOTALL)
    assert len(rows) == call["summary"]["n_turns"]["agent"]
    for row in rows:
        assert "not analysed" in row
        assert not [label for label in call["labels"] if label in row]
    assert "emotion not analysed" in page
    assert '"heard":{"Customer":' in page
    assert '"Agent":[' not in page


def test_with_consent_the_agent_is_shown_with_the_stated_ground() -> None:
    page = _write(make_call(agent_consent="study of <voice> fatigue"))
    assert "analysed with consent: study of &lt;voice&gt; fatigue" in page
    assert '"Agent":[' in page
    assert "not analysed" not in page


def test_folders_are_not_told(call: dict[str, Any]) -> None:
    for path in ("/home/anna/calls/a.wav", "C:\\Users\\anna\\a.wav"):
        page = _write({**call, "file": path})
        assert "anna" not in page
        assert "<h1><bdi>a.wav</bdi></h1>" in page


def test_without_text_there_is_no_column_for_it() -> None:
    assert "Search what was said" not in _write(make_call(has_text=False))
    assert "Search what was said" in _write(make_call(has_text=True))


def test_an_empty_call_of_one_unknown_speaker_is_a_page_too(call: dict[str, Any]) -> None:
    empty = {
        **call,
        "duration": 0.0,
        "n_channels": 1,
        "turns_from": "speech",
        "parties": [
            {"party": "unknown", "channel": "mix", "speaker": None, "is_emotion_analysed": True, "consent": None}
        ],
        "turns": [],
        "timelines": {"unknown": []},
        "escalations": [],
        "agent_turns": [],
        "verdict": {"label": "unknown", "reason": "Nobody speaks.", "evidence": []},
        "summary": {
            "talk_seconds": {"unknown": 0.0},
            "talk_share": {"unknown": 0.0},
            "n_turns": {"unknown": 0},
            "silence_seconds": 0.0,
            "longest_silence": None,
            "overlap_seconds": 0.0,
            "interruptions": [],
            "emotion_seconds": {"unknown": {}},
            "quarters": [],
            "trend": {"party": "unknown", "measure": "negativity", "per_minute": None, "direction": "unknown"},
        },
    }
    page = _write(empty, None, "", {"unknown": []})
    _Structure(page)
    assert "Nobody speaks." in page
    assert "No turns were found." in page
    assert "No rule was met in this call." in page
    assert "The recording is not part of this report." in page


def test_two_speakers_on_one_channel_are_drawn_apart(call: dict[str, Any]) -> None:
    parties = [{**party, "channel": "mix"} for party in call["parties"]]
    turns = [
        {**call["turns"][0], "party": "agent", "start": 0.0, "end": 118.0},
        {**call["turns"][1], "party": "customer", "start": 121.0, "end": 240.0},
    ]
    page = _write({**call, "parties": parties, "turns": turns}, peaks={"customer": [1.0] * 4, "agent": [1.0] * 4})
    waves = re.findall(r'<path d="(M0 0[^"]*)">', page)
    assert waves[:2] == [
        "M0 0V-1h1V-1h1V-100h1V-100h1V100h-1V100h-1V1h-1V1h-1Z",  # the customer, shown first, speaks second
        "M0 0V-100h1V-100h1V-1h1V-1h1V1h-1V1h-1V100h-1V100h-1Z",
    ]


def test_a_label_without_a_colour_of_the_house_gets_one(call: dict[str, Any]) -> None:
    heard = {"emotion": "excitement", "confidence": 0.9, "uncertain": False, "probabilities": {"excitement": 0.9}}
    strange = {**call, "timelines": {"customer": [{"start": 0.0, "end": 1.5, "speech_seconds": 1.5, **heard}]}}
    page = _write(strange)
    assert re.search(r'<svg [^>]*class="e7"><rect[^>]*></rect><text[^>]*>excitement</text>', page)
    assert ".e7{--fill:#" in page
