"""One call, from the command line to one file or the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from emotrace.audio.limits import Limits
from emotrace.audio.source import show_path
from emotrace.calls.analyze import analyze_call
from emotrace.calls.call import Call
from emotrace.calls.consent import AI_ACT_SENTENCE, check_consent
from emotrace.calls.formats import WriteCall, format_of_file, html, load_call_format
from emotrace.calls.parties import AGENT, UNKNOWN
from emotrace.calls.rules import Rule, load_rules
from emotrace.cli._output import open_output, refuse_to_overwrite, tell, warn_in_one_line
from emotrace.errors import UsageError
from emotrace.hear.recognizer import load

UNKNOWN_ADVICE = (
    "if an employee speaks, that is forbidden (EU AI Act, Article 5(1)(f)): tell the parties by turns, or the "
    "customer's channel with --customer 0 if only the customer is heard"
)
"""What to do where nobody said who speaks."""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What the user has said on the command line."""

    customer: str | None
    agent: str | None
    turns: Path | None
    rules: Path | None
    agent_consent: str | None
    model: str | None
    labels: str | None
    format: str | None
    output: Path | None
    has_audio: bool
    limits: Limits


def analyze_one(path: str, given: CallOptions) -> None:
    """Analyse one call and write it."""
    format = given.format or (format_of_file(given.output) if given.output is not None else None) or "table"
    write: WriteCall = load_call_format(format)
    if format == "html":
        write = partial(html.write_call, has_audio=given.has_audio, limits=given.limits)
    inputs = [path, *(str(file) for file in (given.turns, given.rules) if file is not None)]
    refuse_to_overwrite(given.output, inputs)
    rules = load_rules(given.rules)
    state_consent(given.agent_consent, rules)
    with warn_in_one_line():
        recogniser = load(given.model, given.labels, limits=given.limits)
        # Opened before the work, so that a place that cannot be written to is known at once.
        with open_output(given.output) as stream:
            if format == "html" and stream.isatty():
                raise UsageError("the page is made for a browser, not for the terminal; add -o report.html")
            call = analyze_call(
                path,
                customer=given.customer,
                agent=given.agent,
                turns=given.turns,
                rules=rules,
                agent_consent=given.agent_consent,
                recogniser=recogniser,
                limits=given.limits,
            )
            tell_oddities(call)
            write(call, stream)


def state_consent(agent_consent: str | None, rules: Sequence[Rule]) -> None:
    """Say what the law says of inferring an agent's emotions, or which rules would need that where it is not asked
    for."""
    reason = check_consent(agent_consent)
    if reason is not None:
        tell(f"{AI_ACT_SENTENCE}; your stated ground is written into the result: {reason}")
        return
    for rule in rules:
        if rule.party == AGENT:
            tell(f"rule '{rule.name}' is left out: it listens to agents, whose emotion is not analysed")


def tell_oddities(call: Call) -> None:
    """Say what a user should know before reading the result."""
    name = show_path(call.file)
    if not call.turns:
        tell(f"{name}: nobody speaks in this recording; there is nothing to say of it")
    elif call.parties[0].party == UNKNOWN:
        tell(f"{name}: all speech is taken for one unknown speaker's; {UNKNOWN_ADVICE}")
