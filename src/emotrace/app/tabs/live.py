"""Live: a microphone in, a face and its last minute out."""

from __future__ import annotations

import gradio as gr

from emotrace.app.desk import Desk
from emotrace.app.live.door import ROUTE
from emotrace.app.views.live import draw_live
from emotrace.avatar.mapping_file import load_preset, preset_names
from emotrace.avatar.osc import parse_target

TITLE = "Live"
PLACE = 2
ROUTES = (ROUTE,)


def build(desk: Desk) -> None:
    """Draw the tab; ``assets/live.js`` does the rest at the socket of `emotrace.app.live.door`."""
    presets = {name: load_preset(name) for name in preset_names()}
    targets = {name: parse_target(preset.sending.usual_target) for name, preset in presets.items()}
    gr.HTML(draw_live(desk.service.recogniser.labels, targets), apply_default_css=False, elem_id="live")
