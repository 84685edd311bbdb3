"""On what ground an agent's emotions are inferred, and what every result says of the law."""

from __future__ import annotations

import pytest

from emotrace.calls.consent import AI_ACT_SENTENCE, check_consent, notice_of
from emotrace.errors import UsageError


def test_a_consent_is_one_line() -> None:
    assert check_consent(None) is None
    assert check_consent(" voice fatigue study,\n agreed on 3 May ") == "voice fatigue study, agreed on 3 May"


@pytest.mark.parametrize(
    ("reason", "complaint"),
    [
        ("", "--agent-consent is empty; say on what ground the agent's emotions may be inferred"),
        (" \n", "--agent-consent is empty"),
        ("x" * 501, "--agent-consent has 501 characters; at most 500 are allowed"),
        ("a\x1b[2Jb", "characters that cannot be shown"),
    ],
)
def test_what_is_no_reason_is_refused(reason: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        check_consent(reason)


def test_the_law_is_stated_in_every_case() -> None:
    assert "the agent's was not" in notice_of(True, None)
    assert "on the stated ground 'a study'" in notice_of(True, "a study")
    assert AI_ACT_SENTENCE in notice_of(True, "a study")
    assert "one unknown speaker's" in notice_of(False, None)
    for notice in (notice_of(True, None), notice_of(True, "x"), notice_of(False, None)):
        assert "Article 5(1)(f)" in notice
        assert "Article 50(3)" in notice
        assert "no proof of what a person feels" in notice
        assert "\n" not in notice
