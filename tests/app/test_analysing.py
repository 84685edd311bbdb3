"""What stands behind the tab Analyse, without a browser: examples, files to save, and what a page may ask for."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import soundfile
from tests.app.views.made_timeline import make_timeline

import emotrace
from emotrace.app.analysing import open_given
from emotrace.app.desk import Desk
from emotrace.app.downloads import write_downloads
from emotrace.app.examples import EXAMPLES, write_example
from emotrace.reports.json import read_timelines
from emotrace.server.uploads.formats import format_names


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_what_it_says(name: str, tmp_path: Path) -> None:
    path = write_example(name, tmp_path)
    speech = emotrace.load().analyze(path).speech_seconds
    samples, rate = soundfile.read(path, always_2d=True)
    assert rate == 8000
    assert np.abs(samples).max() <= 1.0
    if name in ("tone", "silence"):
        assert speech == 0.0
    else:
        assert speech > 5.0
    assert samples.shape[1] == (2 if name == "call" else 1)


def test_a_file_of_every_format_is_named_after_the_recording(tmp_path: Path) -> None:
    timeline = make_timeline(file="../Müller & Söhne.wav")
    found = write_downloads([timeline], timeline.file, tmp_path)
    assert len(found) == len(format_names("analyze")) == len({each.path for each in found})
    assert all(
        each.path.parent == tmp_path and each.path.name.startswith("Müller_Söhne-emotions") for each in found
    )
    assert all(each.path.stat().st_size and each.description for each in found)
    (document,) = [each.path for each in found if each.title == "JSON"]
    assert [back.runs() for back in read_timelines(json.loads(document.read_text("utf-8")))]
    assert {each.path.suffix for each in found} >= {".json", ".csv", ".TextGrid", ".vtt", ".emotionml", ".txt"}


@pytest.mark.parametrize(
    "what",
    [None, {}, {"path": "/etc/hostname"}, {"path": ""}, {"example": "../x"}, {"path": "../outside.wav"}, [1]],
)
def test_a_page_may_ask_for_nothing_but_examples_and_uploads(what: Any, tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside.wav", tmp_path / "inside"
    outside.write_bytes(b"secret")
    uploads = [inside / "somebody-elses" / "a.wav", inside / ("0" * 64) / "link.wav"]
    for each in uploads:
        each.parent.mkdir(parents=True)
    uploads[0].write_bytes(b"another's")
    uploads[1].symlink_to(outside)
    if isinstance(what, dict) and what.get("path"):
        what = {"path": str(inside / what["path"])}
    # No service is needed: it never comes so far.
    desk = Desk(None, inside)  # type: ignore[arg-type]
    with pytest.raises(gr.Error, match="the recording did not arrive; give it once more"):
        asyncio.run(open_given(desk, what, lambda *_: None))
    assert sorted(inside.iterdir()) == sorted(each.parent for each in uploads)
    assert outside.read_bytes() == b"secret"
    assert uploads[0].exists()
