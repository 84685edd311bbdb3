"""The app as a whole: it opens, asks nobody outside for anything, and is for this machine alone."""

from __future__ import annotations

import pytest

from emotrace.app.site import add_app
from emotrace.errors import UsageError
from emotrace.server.app import create_app
from emotrace.server.settings import Settings


def test_opens_and_asks_nobody_outside(visit):
    visitor = visit()
    visitor.page.wait_for_load_state("networkidle")
    assert visitor.asked_outside == []
    assert visitor.complaints == []
    assert visitor.page.title() == "emotrace"


def test_whoever_can_be_reached_by_others_has_no_app():
    server = create_app(Settings(host="0.0.0.0", port=0, api_keys=("0" * 64,)))
    with pytest.raises(UsageError, match=r"0\.0\.0\.0 can be reached by others, and the web app asks nobody"):
        add_app(server)
