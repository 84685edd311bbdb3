"""The picture session's stage: what is asked before it starts, what is seen while it runs, where its end stands.

It is drawn once; ``assets/picture_session.js`` shows one of its three parts at a time.
"""

from __future__ import annotations

LEAST_SECONDS, MOST_SECONDS, USUAL_SECONDS = 3, 15, 7
"""For how long a picture may be shown."""


def draw_stage(n_scenes: int) -> str:
    """Give the stage, with ``n_scenes`` built-in pictures to offer."""
    return f'<div class="pictures" data-part="ask">{_ask(n_scenes)}{_RUN}{_END}</div>'


def _ask(n_scenes: int) -> str:
    return f"""
<form class="part ask" data-when="ask">
  <div class="telling">
    <h2>What do you sound like before a birthday cake, a stolen bike, a wet picnic?</h2>
    <p>Pictures come one by one, each for a few seconds. Say aloud what you would say if you stood in them.
      At the end every picture is shown again, with the emotion it was meant to call up and the one that was heard
      in your voice.</p>
    <p class="soft">What you say is heard by this machine and kept in this page alone, until you close it or start
      again. Only if you save the end, it is on your disk.</p>
  </div>
  <div class="settings">
    <fieldset>
      <legend>Pictures</legend>
      <label><input type="radio" name="source" value="scenes" checked> the {n_scenes} drawn ones</label>
      <label><input type="radio" name="source" value="own"> my own, a folder per emotion</label>
      <div class="own" hidden>
        <label class="folder"><span>Choose the folder</span>
          <input type="file" name="folder" webkitdirectory multiple
            aria-label="Folder with one sub-folder of pictures per emotion"></label>
        <p class="soft chosen" role="status">PNG or JPEG in sub-folders such as <code>angry</code> and
          <code>joy</code>. They are not sent anywhere.</p>
      </div>
    </fieldset>
    <label class="seconds">Each for
      <input type="number" name="seconds" min="{LEAST_SECONDS}" max="{MOST_SECONDS}" step="1"
        value="{USUAL_SECONDS}" required> seconds</label>
    <label><input type="checkbox" name="mixed"> in another order every time</label>
    <button class="act" type="submit">Start</button>
    <p class="wrong" role="alert"></p>
  </div>
</form>"""


_RUN = """
<section class="part run" data-when="run" aria-label="Picture session" hidden>
  <p class="place" role="status" tabindex="-1"></p>
  <figure>
    <div class="frame"><img alt=""><span class="ready" aria-hidden="true"></span></div>
    <figcaption></figcaption>
  </figure>
  <div class="clock" role="timer" aria-label="Seconds left"><span class="left"></span>
    <span class="rail"><span class="gone"></span></span></div>
  <div class="level"><span aria-hidden="true">your voice</span>
    <span class="rail" role="meter" aria-label="Loudness of your voice" aria-valuemin="0" aria-valuemax="100"
      aria-valuenow="0"><span class="loud"></span></span></div>
  <div class="acts"><button type="button" class="next">Next picture</button>
    <button type="button" class="stop">Stop (Esc)</button></div>
</section>"""

_END = """
<section class="part end" data-when="end" aria-label="What was heard" hidden>
  <p class="place" role="status" tabindex="-1"></p>
  <div class="summary"></div>
  <div class="acts" hidden>
    <button type="button" class="act again">New session</button>
    <span class="saving">Save: <button type="button" data-save="page">page (HTML)</button>
      <button type="button" data-save="csv">CSV</button>
      <button type="button" data-save="json">JSON</button></span>
  </div>
</section>"""
