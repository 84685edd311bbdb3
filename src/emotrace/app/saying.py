"""Say what went wrong, to whoever sits before the page: one line, what and what to do."""

from __future__ import annotations

import html

import gradio as gr

from emotrace.errors import EmotraceError
from emotrace.server.limits import ServiceFull
from emotrace.server.problems import Problem

HELD_AGAINST = (EmotraceError, ServiceFull, Problem)
"""What a handler catches to raise `trouble` instead; all else is a defect and is logged with its trace."""


def trouble(error: Exception | str) -> gr.Error:
    """Give the error to raise in a handler: Gradio shows its line at the corner of the page."""
    # Gradio reads what it shows as HTML.
    return gr.Error(html.escape(str(error), quote=False), title="", duration=12, print_exception=False)
