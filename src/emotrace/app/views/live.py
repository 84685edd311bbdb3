"""What *Live* shows before anything is heard; ``assets/live.js`` puts in what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from emotrace.app.views.face import draw_face
from emotrace.hear.baseline import LEAST_SECONDS

VOICE_SECONDS = 15
"""How long an ordinary voice is recorded. `LEAST_SECONDS` of it must be speech."""

USUAL_PRESET = "vrchat"

_TO_READ = (
    "The kettle is on the left of the stove, and the cups are on the shelf above it. The post comes at about ten, "
    "mostly letters and now and then a parcel. In the afternoon I walk to the shop at the corner, buy bread and "
    "milk, and come back along the river."
)

_MINUTE = """\
<div class="live-panel live-minute">
  <div class="live-over"><h3>The last minute</h3><p class="live-delay"></p></div>
  <div class="live-ribbon" role="img" aria-label="The last minute: nothing heard yet">
    <div class="live-track"></div>
  </div>
  <div class="live-ticks" aria-hidden="true">
    <span>60 s ago</span><span>45</span><span>30</span><span>15</span><span>now</span>
  </div>
  <p class="live-key" aria-hidden="true">
    <span><i class="is-uncertain"></i>uncertain</span>
    <span><i class="is-silence"></i>no speech</span>
    <span><i class="is-interim"></i>may still change</span>
  </p>
</div>"""

_AXES = (("Valence", "unpleasant", "pleasant"), ("Arousal", "sleepy", "lively"))


def draw_live(labels: Sequence[str], targets: Mapping[str, tuple[str, int]]) -> str:
    """Give the tab's page.

    Parameters
    ----------
    labels
        The emotions that are told apart.
    targets
        By preset of `emotrace.avatar`, the host and port where programs that take it listen.
    """
    return f"""\
<emotrace-live data-voice-seconds="{VOICE_SECONDS}">
<div class="live-stage live-panel">
  <div class="live-portrait">{draw_face()}</div>
  <div class="live-reading">
    <p class="live-eyebrow">Your voice now</p>
    <p class="live-emotion">&mdash;</p>
    <p class="live-sureness">Press Start and speak.</p>
    {_bars(labels)}
    {_plane()}
  </div>
  <div class="live-controls">
    <button type="button" class="live-start">Start</button>
    <p class="live-status" role="status">A first reading follows within a second.</p>
  </div>
</div>
{_MINUTE}
<div class="live-more">
  {_voice()}
  {_avatar(targets)}
</div>
<p class="live-sr-only live-told" aria-live="polite"></p>
</emotrace-live>"""


def _bars(labels: Sequence[str]) -> str:
    rows = "".join(
        f'<li data-emotion="{escape(label)}" style="--fill: var(--{escape(label.replace(" ", "-"))})">'
        f'<span class="live-name">{escape(label)}</span>'
        '<span class="live-bar"><i></i></span><span class="live-share"></span></li>'
        for label in labels
    )
    return f'<ul class="live-bars" aria-label="How probable each emotion is">{rows}</ul>'


def _plane() -> str:
    axes = "".join(
        f'<div data-axis="{name.lower()}"><dt>{name}</dt>'
        f'<dd><span>{low}</span><span class="live-scale"><i></i></span><span>{high}</span></dd></div>'
        for name, low, high in _AXES
    )
    note = '<p class="live-note">Both follow from the emotions; they are not measured in the voice.</p>'
    return f'<dl class="live-affect">{axes}</dl>{note}'


def _voice() -> str:
    return f"""\
<details class="live-panel live-voice"><summary>My ordinary voice <span class="live-mark"></span></summary>
<p>Some voices are heard as sad or angry whatever they feel. Let {VOICE_SECONDS} seconds of your ordinary voice be
heard ({LEAST_SECONDS:g} of them speech), and what is heard in it beyond the usual is taken back. It stays in this
page and is forgotten when you close it.</p>
<p>Read this as you usually speak: <q>{escape(_TO_READ)}</q></p>
<div class="live-row"><button type="button" class="live-learn">Record {VOICE_SECONDS} s</button>
<button type="button" class="live-forget" hidden>Forget it</button>
<progress max="{VOICE_SECONDS}" value="0" aria-label="Recorded" hidden></progress>
<p class="live-said" role="status"></p></div>
</details>"""


def _avatar(targets: Mapping[str, tuple[str, int]]) -> str:
    usual = USUAL_PRESET if USUAL_PRESET in targets else next(iter(targets))
    options = "".join(
        f'<option value="{escape(name)}" data-host="{escape(host)}" data-port="{port}"'
        f"{' selected' if name == usual else ''}>{escape(name)}</option>"
        for name, (host, port) in targets.items()
    )
    host, port = targets[usual]
    return f"""\
<details class="live-panel live-avatar"><summary>Send to an avatar <span class="live-mark"></span></summary>
<p>While you are listened to, your emotion is sent over OSC as an avatar's parameters. Nothing is sent unless this
is switched on.</p>
<div class="live-fields">
<label>Parameters <select name="preset">{options}</select></label>
<label>Host <input name="host" value="{escape(host)}" maxlength="253" spellcheck="false"></label>
<label>Port <input name="port" type="number" min="1" max="65535" value="{port}"></label>
</div>
<div class="live-row"><label class="live-switch"><input type="checkbox" name="send" role="switch"> Send</label>
<p class="live-said" role="status"></p></div>
</details>"""
