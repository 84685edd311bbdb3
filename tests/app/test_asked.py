"""What a page's script sends is looked at before it is used."""

from __future__ import annotations

import pytest

from emotrace.app.asked import take
from emotrace.errors import UsageError


@pytest.mark.parametrize("asked", [None, [], "clip", {}, {"clip": 3}, {"clip": None}])
def test_what_does_not_fit_asks_for_a_fresh_page(asked):
    with pytest.raises(UsageError, match=r"do not understand each other; load the page anew"):
        take(asked, "clip", str)
