"""The app as a whole: it opens, asks nobody outside for anything, and is for this machine alone."""

from __future__ import annotations

import re
import subprocess
import sys

import httpx
import pytest

from emotrace.app.site import add_app
from emotrace.errors import MissingExtraError, UsageError
from emotrace.server.app import create_app
from emotrace.server.settings import Settings

TABS = ["Analyse", "Live", "Call", "Picture session", "Explore", "Models", "Contribute"]


def test_all_tabs_open_and_ask_nobody_outside(visit):
    visitor = visit()
    assert visitor.page.title() == "emotrace"
    for tab in TABS:
        visitor.go_to(tab)
    assert visitor.asked_outside == []
    assert visitor.complaints == []


def test_whoever_can_be_reached_by_others_has_no_app():
    server = create_app(Settings(host="0.0.0.0", port=0, api_keys=("0" * 64,)))
    with pytest.raises(UsageError, match=r"0\.0\.0\.0 can be reached by others, and the web app asks nobody"):
        add_app(server)


def test_without_gradio_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("emotrace.app.site.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"the web app needs .*emotrace\[app\]"):
        add_app(create_app(Settings(port=0)))


def test_a_server_may_have_it_too():
    """``emotrace serve --app``: the page, and the routes for programs beside it."""
    command = [sys.executable, "-m", "emotrace", "serve", "--port", "0", "--app"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            url = re.search(r"http://[^ ]+", server.stdout.readline())
            assert url
            assert '"title":"emotrace"' in httpx.get(f"{url.group()}/app/", timeout=60).text
            assert httpx.get(f"{url.group()}/v1/models", timeout=60).status_code == 200
        finally:
            server.terminate()
        assert server.wait(30) == 0
