"""Whose emotions may be inferred: the customer's; an agent's only on a stated ground.

The EU AI Act (Regulation (EU) 2024/1689) forbids, since 2 February 2025, to infer the emotions of people at their
place of work from their voice, save for medical or safety reasons (Article 5(1)(f)). An employee's agreement is no
exception to it. The customer's emotions are not covered by that article, but the customer must be told (Article
50(3)).
"""

from __future__ import annotations

from emotrace.errors import UsageError

AI_ACT_SENTENCE = (
    "EU AI Act, Article 5(1)(f): inferring the emotions of people at work from their voice is forbidden, except "
    "for medical or safety reasons; their consent alone does not make it lawful"
)
"""What is told whenever an agent's voice is analysed for emotion."""

MOST_CHARACTERS = 500
"""Longest statement that is written into a result."""

_GUESS = (
    "a guess at how a voice sounds is no proof of what a person feels, and no ground for a decision on anybody"
)
_TELL = "customers must be told so (EU AI Act, Article 50(3))"


def check_consent(reason: str | None) -> str | None:
    """Give the statement on which the agent's emotions are inferred, on one line; None where there is none.

    Raises
    ------
    UsageError
        If it is empty, longer than 500 characters, or cannot be shown.
    """
    if reason is None:
        return None
    line = " ".join(reason.split())
    if not line:
        raise UsageError(
            "--agent-consent is empty; say on what ground the agent's emotions may be inferred, as in "
            "--agent-consent 'voice fatigue study, agreed in writing on 3 May'"
        )
    if len(line) > MOST_CHARACTERS:
        raise UsageError(f"--agent-consent has {len(line):,} characters; at most {MOST_CHARACTERS} are allowed")
    if not line.isprintable():
        raise UsageError("--agent-consent holds characters that cannot be shown; write it as plain text")
    return line


def notice_of(is_customer_known: bool, consent: str | None, is_agent_known: bool = True) -> str:
    """Give the sentence of law and limits that stands in every result.

    Parameters
    ----------
    is_customer_known
        False where all speech was taken for one unknown speaker's.
    consent
        The ground on which the agent's voice was analysed too; None where it was not.
    is_agent_known
        False where nobody said which voice is the agent's: then it may be among what was analysed.
    """
    if not is_customer_known:
        return (
            "All speech was taken for one unknown speaker's and analysed for emotion: if it is an employee's, "
            f"that is forbidden (EU AI Act, Article 5(1)(f)); if it is a customer's, {_TELL}; {_GUESS}."
        )
    if consent is not None:
        return (
            f"The customer's voice was analysed for emotion, and {_TELL}; so was the agent's, on the stated "
            f"ground '{consent}'. {AI_ACT_SENTENCE}; {_GUESS}."
        )
    if not is_agent_known:
        return (
            f"Only what was named the customer's was analysed for emotion, and {_TELL}; if an employee is heard "
            f"in it, that is forbidden (EU AI Act, Article 5(1)(f)); {_GUESS}."
        )
    return (
        f"Only the customer's voice was analysed for emotion, and {_TELL}; the agent's was not, as Article "
        f"5(1)(f) forbids it; {_GUESS}."
    )
