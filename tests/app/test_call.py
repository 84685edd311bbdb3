"""The call desk in the app, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def desk(visit):
    """Give a visitor and the tab's panel."""
    visitor = visit()
    return visitor, visitor.go_to("Call")


def analyse_demo(panel) -> None:
    panel.get_by_role("button", name="Take the demo call").click()
    panel.get_by_text("demo-call").first.wait_for()
    panel.get_by_role("button", name="Analyse the call").click()


def test_report_of_the_demo_call(desk, tmp_path: Path):
    visitor, panel = desk
    assert "Only the customer's voice is judged" in panel.inner_text()
    analyse_demo(panel)
    report = panel.frame_locator("iframe.page")
    report.get_by_text("Recovered", exact=False).first.wait_for()
    with visitor.page.expect_download() as saved:
        panel.get_by_role("button", name="Save the report (HTML)").click()
    saved.value.save_as(tmp_path / "report.html")
    assert "<title>" in (tmp_path / "report.html").read_text("utf-8")
    panel.get_by_role("button", name="Make the file").click()
    link = panel.locator("a[download$='.json']")
    link.wait_for()
    with visitor.page.expect_download() as saved:
        link.click()
    saved.value.save_as(tmp_path / "report.json")
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert document["verdict"]["label"] == "recovered"
    assert visitor.asked_outside == []
    assert visitor.complaints == []


def test_errors_say_what_to_do(desk, tmp_path: Path):
    visitor, panel = desk
    panel.get_by_role("button", name="Analyse the call").click()
    assert "choose a recorded call first, or take the demo call" in visitor.error()


def test_what_is_no_recording_is_refused_in_words(desk, tmp_path: Path):
    visitor, panel = desk
    (tmp_path / "letter.wav").write_text("Dear Sir or Madam")
    panel.locator("input[type=file]").first.set_input_files(tmp_path / "letter.wav")
    panel.get_by_text("letter").first.wait_for()
    panel.get_by_role("button", name="Analyse the call").click()
    assert "letter.wav: " in visitor.error()


def test_the_notice_follows_what_is_filled_in(desk):
    _, panel = desk
    panel.get_by_role("button", name="What callers must be told").click()
    panel.get_by_label("Whom they have called").fill("Example Ltd")
    panel.page.wait_for_function(
        "() => [...document.querySelectorAll('#tab-call textarea')]"
        ".some(text => text.value.startsWith('Welcome to Example Ltd.'))"
    )
