"""A call's page in Chromium: it plays, follows, jumps, filters; and it says and asks nothing (see conftest)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.calls.pages.conftest import Opened
from tests.calls.pages.made_call import make_call

from emotrace.calls.summary import NEGATIVE

Open = Callable[..., Opened]
Save = Callable[..., Path]

_READY = "document.querySelector('#audio').readyState >= 1"
_NOW = "document.querySelector('#audio').currentTime"
_PAUSED = "document.querySelector('#audio').paused"


def _now(opened: Opened) -> float:
    return float(opened.evaluate(_NOW))


def _cursor(opened: Opened) -> float:
    """Give the place of the cursor as a share of the lanes."""
    script = """() => {
        const stage = document.querySelector("#stage").getBoundingClientRect();
        const cursor = document.querySelector("#cursor").getBoundingClientRect();
        return (cursor.left + 1 - stage.left) / stage.width;
    }"""
    return float(opened.evaluate(script))


def _ready(opened: Opened) -> Opened:
    opened.wait(_READY)
    return opened


def test_the_recording_plays_and_the_page_follows(open_page: Open, call_page: Path) -> None:
    opened = _ready(open_page(call_page))
    assert opened.evaluate("document.querySelector('#audio').duration") == pytest.approx(240.0, abs=0.05)
    assert opened.text(".clock") == "0:00 / 4:00"
    opened.page.click("#play")
    opened.wait(f"{_NOW} > 0.25")
    assert opened.page.get_attribute("#play", "aria-label") == "Pause"
    opened.wait("new DOMMatrix(getComputedStyle(document.querySelector('#cursor')).transform).e > 0.5")
    opened.page.click("#play")
    opened.wait(_PAUSED)
    opened.wait("document.querySelector('#play').getAttribute('aria-label') === 'Play'")
    assert _cursor(opened) == pytest.approx(_now(opened) / 240.0, abs=0.002)


def test_an_escalation_is_jumped_to(open_page: Open, call_page: Path, call: dict[str, Any]) -> None:
    opened = _ready(open_page(call_page))
    for n, escalation in enumerate(call["escalations"]):
        opened.page.click(f".card:nth-child({n + 1}) .card-title")
        assert _now(opened) == pytest.approx(escalation["start"], abs=0.01)
        assert _cursor(opened) == pytest.approx(escalation["start"] / 240.0, abs=0.002)
        assert opened.page.get_attribute(f".card:nth-child({n + 1})", "aria-current") == "true"
    assert opened.text("#now") == "2:31"
    assert opened.page.locator(".card[aria-current]").count() == 1
    assert opened.evaluate(_PAUSED), "to jump is not to play"
    opened.page.click(".flag[data-escalation='0']")
    assert _now(opened) == pytest.approx(60.0, abs=0.01)


def test_just_one_stretch_is_played(open_page: Open, call_page: Path, call: dict[str, Any]) -> None:
    opened = _ready(open_page(call_page))
    opened.page.select_option("#speed", "2")
    chip = opened.page.locator(".card").nth(2).locator(".go").first
    start, end = (float(chip.get_attribute(f"data-{edge}")) for edge in ("start", "end"))
    assert end - start == 1.5
    chip.click()
    opened.wait(f"!{_PAUSED}")
    assert opened.evaluate("document.querySelector('#audio').playbackRate") == 2
    opened.wait(_PAUSED)
    assert end <= _now(opened) < end + 0.4
    whole = opened.page.locator(".listen").nth(1)
    escalation = call["escalations"][1]
    assert (whole.get_attribute("data-start"), whole.get_attribute("data-end")) == (
        str(escalation["start"]),
        str(escalation["end"]),
    )


def test_a_seek_while_one_stretch_plays_lifts_its_end(open_page: Open, call_page: Path) -> None:
    opened = _ready(open_page(call_page))
    opened.page.locator(".card .go").first.click()
    opened.wait(f"!{_PAUSED}")
    opened.evaluate("document.querySelector('#timeline').focus()")
    opened.page.keyboard.press("ArrowRight")
    seconds = _now(opened)
    opened.wait(f"{_NOW} > {seconds + 0.3}")
    assert not opened.evaluate(_PAUSED)


def test_the_keyboard_steers(open_page: Open, call_page: Path) -> None:
    opened = _ready(open_page(call_page))
    keyboard = opened.page.keyboard
    places = []
    for key in ("j", "j", "j", "j", "k", "ArrowRight", "ArrowLeft", "ArrowLeft", "k"):
        keyboard.press(key)
        places.append(round(_now(opened), 2))
    assert places == [60.0, 139.5, 151.5, 151.5, 139.5, 144.5, 139.5, 134.5, 60.0]
    keyboard.press("Space")
    opened.wait(f"!{_PAUSED}")
    assert opened.evaluate("scrollY") == 0
    keyboard.press("Space")
    opened.wait(_PAUSED)
    opened.page.focus("#timeline")
    keyboard.press("End")
    assert _now(opened) == pytest.approx(240.0, abs=0.05)
    keyboard.press("Home")
    assert _now(opened) == 0.0
    assert opened.page.get_attribute("#timeline", "aria-valuetext") == "0:00, Customer: no speech"


def test_keys_are_left_alone_where_one_writes_and_on_buttons(open_page: Open, call_page: Path) -> None:
    opened = _ready(open_page(call_page))
    opened.page.fill("input[type=search]", "")
    opened.page.focus("input[type=search]")
    opened.page.keyboard.type("j k")
    assert _now(opened) == 0.0
    assert opened.page.input_value("input[type=search]") == "j k"
    opened.page.focus("#next")
    opened.page.keyboard.press("Space")
    assert _now(opened) == 60.0
    assert opened.evaluate(_PAUSED), "on a button, space presses the button"


def test_the_lanes_are_clicked_and_dragged_and_tell_what_is_below(open_page: Open, call_page: Path) -> None:
    opened = _ready(open_page(call_page))
    box = opened.page.locator("#stage").bounding_box()
    assert opened.page.locator("#tooltip").is_hidden()

    def place(share: float) -> tuple[float, float]:
        return box["x"] + share * box["width"], box["y"] + box["height"] / 2

    opened.page.mouse.click(*place(0.25))
    assert _now(opened) == pytest.approx(60.0, abs=0.3)
    opened.page.mouse.move(*place(0.5))
    assert _now(opened) == pytest.approx(60.0, abs=0.3), "to hover is not to seek"
    opened.page.mouse.down()
    opened.page.mouse.move(*place(0.7), steps=4)
    opened.page.mouse.up()
    assert _now(opened) == pytest.approx(168.0, abs=0.3)
    said = opened.text("#tooltip")
    assert said.startswith("2:4")
    assert "Customer: " in said
    assert "Agent: " not in said, "nothing is said of who is not analysed"
    assert "Strong anger for more than 15 s" in said
    opened.page.mouse.move(5, 5)
    opened.page.wait_for_selector("#tooltip", state="hidden")


def test_what_is_heard_is_said_beside_the_clock(open_page: Open, call_page: Path, call: dict[str, Any]) -> None:
    opened = _ready(open_page(call_page))
    certain = next(e for e in call["timelines"]["customer"] if e["emotion"] == "anger" and not e["uncertain"])
    unsure = next(e for e in call["timelines"]["customer"] if e["uncertain"])
    for entry, mark in ((certain, ""), (unsure, "uncertain: ")):
        box = opened.page.locator("#stage").bounding_box()
        middle = (entry["start"] + entry["end"]) / 2
        opened.page.mouse.click(box["x"] + middle / 240.0 * box["width"], box["y"] + 90)
        percent = f"{100 * entry['confidence']:.0f}"
        assert opened.text("#heard").startswith(f"Customer {mark}{entry['emotion']} {percent}\u00a0%")


def test_turns_are_filtered_sorted_and_played(open_page: Open, call_page: Path, call: dict[str, Any]) -> None:
    opened = _ready(open_page(call_page))
    page = opened.page
    n_turns, rows = len(call["turns"]), page.locator("#turns tbody tr:visible")
    assert rows.count() == n_turns
    page.select_option("[data-filter=party]", "customer")
    n_customer = call["summary"]["n_turns"]["customer"]
    assert rows.count() == n_customer
    assert opened.text("#turns-section output") == f"{n_customer} of {n_turns} rows"
    page.select_option("[data-filter=emotion]", "anger")
    angry = [turn for turn in call["turns"] if turn["emotion"] == "anger"]
    assert rows.count() == len(angry) > 2
    page.click("#turns th.negative button")
    assert page.get_attribute("#turns th.negative", "aria-sort") == "descending"
    shown = [int(n) for n in rows.evaluate_all("rows => rows.map(row => row.dataset.turn)")]
    assert sorted(shown) == [turn["turn"] for turn in angry]
    negativity = [_negativity(call["turns"][n]) for n in shown]
    assert negativity == sorted(negativity, reverse=True)
    page.click("#turns th.negative button")
    assert page.get_attribute("#turns th.negative", "aria-sort") == "ascending"
    page.select_option("[data-filter=party]", "")
    page.select_option("[data-filter=emotion]", "-")
    assert rows.count() == call["summary"]["n_turns"]["agent"]
    page.select_option("[data-filter=emotion]", "")
    page.fill("input[type=search]", "COLLEAGUE")
    assert 0 < rows.count() == sum("colleague" in turn["text"] for turn in call["turns"])
    page.click("#turns th.when button")
    rows.first.locator(".go").click()
    opened.wait(f"!{_PAUSED}")
    turn = next(turn for turn in call["turns"] if "colleague" in turn["text"])
    assert turn["start"] <= _now(opened) < turn["end"]
    assert rows.first.get_attribute("aria-current") == "true"


def _negativity(turn: dict[str, Any]) -> float:
    return round(sum(turn["probabilities"][label] for label in NEGATIVE), 6)


HOSTILE = (
    "</script><script>window.broken = 1</script>",
    '"><img src=x onerror="window.broken = 2">',
    "'-window.broken-'",
    "<svg/onload=window.broken=3>",
    "{{7*7}}${7*7} --> <!-- ]]>",
    "javascript:window.broken=4",
)


def _poison(value: Any, text: str, keep: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {k: v if k in keep else _poison(v, text, keep) for k, v in value.items()}
    if isinstance(value, list):
        return [_poison(item, text, keep) for item in value]
    return text if isinstance(value, str) else value


def test_hostile_texts_are_only_text(open_page: Open, save_call: Save) -> None:
    text = " ".join(HOSTILE)
    # Every text of the call is hostile, but for the words that its parts are joined by.
    call = _poison(make_call(), text, keep=("party", "emotion", "labels", "by"))
    opened = open_page(save_call(call))
    opened.page.click(".card-title >> nth=0")
    opened.page.hover("#stage")
    assert opened.evaluate("window.broken") is None
    assert opened.page.locator("img").count() == 0
    assert opened.page.locator("script").count() == 2
    for place in ("h1", ".verdict p >> nth=0", ".card-title >> nth=0", "td.said >> nth=0", "#notice p"):
        # The name of the file is shown without its folders.
        assert opened.text(place).endswith(text.split("/")[-1] if place == "h1" else text)
    assert text in opened.text(".card code >> nth=0")


def test_hostile_names_of_parties_and_emotions_are_only_text(open_page: Open, save_call: Save) -> None:
    call = make_call()
    text = " ".join(HOSTILE)
    renamed = _rename(_rename(call, "anger", text), "agent", f"{text} agent")
    opened = open_page(save_call(renamed))
    opened.page.click(".card-title >> nth=0")
    opened.page.hover("#stage")
    assert opened.evaluate("window.broken") is None
    assert opened.page.locator("img").count() == 0
    assert text in opened.text(".legend")
    assert text in opened.text("#heard")


def _rename(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {new if k == old else k: _rename(v, old, new) for k, v in value.items()}
    if isinstance(value, list):
        return [_rename(item, old, new) for item in value]
    return new if value == old else value


def test_without_audio_it_is_still_a_report(open_page: Open, save_call: Save, call: dict[str, Any]) -> None:
    opened = open_page(save_call(call))
    assert opened.page.locator("#play").count() == 0
    assert opened.page.locator("audio").count() == 0
    opened.page.click(".card-title >> nth=1")
    assert opened.text("#now") == "2:19"
    opened.page.keyboard.press("j")
    assert opened.text("#now") == "2:31"
    opened.page.locator("#turns .go").nth(1).click()
    assert _cursor(opened) == pytest.approx(call["turns"][1]["start"] / 240.0, abs=0.002)


def test_audio_that_cannot_be_played_is_said(open_page: Open, save_call: Save, call: dict[str, Any]) -> None:
    opened = open_page(save_call(call, b"this is no audio", "audio/mpeg"))
    opened.page.wait_for_selector("#audio-error", state="visible")
    assert "This browser cannot play the recording" in opened.text("#audio-error")
    opened.page.click("#play")
    assert opened.evaluate(_PAUSED)


def test_without_scripts_all_can_be_read(open_page: Open, call_page: Path, call: dict[str, Any]) -> None:
    opened = open_page(call_page, java_script_enabled=False)
    text = opened.text("main")
    for words in (call["verdict"]["reason"], "Strong anger for more than 15 s", "not analysed", call["notice"]):
        assert words in text
    assert opened.page.locator("#turns tbody tr:visible").count() == len(call["turns"])


_CONTRASTS = """() => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const light = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ratio = (one, other) => {
        const [a, b] = [light(colour(one)), light(colour(other))].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
    };
    const pairs = [];
    for (const ground of ["ground", "panel", "faint"])
        for (const ink of ["ink", "soft", "accent", "critical", "warning", "good"]) pairs.push([ink, ground]);
    for (const tone of ["accent", "critical", "warning", "good"])
        for (const ink of [tone, "ink"]) pairs.push([ink, `${tone}-faint`]);
    return pairs.map(([ink, ground]) => [ink, ground, ratio(ink, ground)]);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_every_ground(scheme: str, open_page: Open, call_page: Path) -> None:
    opened = open_page(call_page, color_scheme=scheme)
    weak = [pair for pair in opened.evaluate(_CONTRASTS) if pair[2] < 4.5]
    assert weak == []
    ground = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(245, 244, 240)", "dark": "rgb(18, 20, 23)"}[scheme]


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_hangs_over_the_edge(width: int, open_page: Open, save_call: Save, call: dict[str, Any]) -> None:
    name = "a_recording_with_a_very_long_name_without_any_space_in_it_that_has_to_be_broken_somewhere.flac"
    opened = open_page(save_call({**call, "file": name}), width=width)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    opened.page.evaluate("document.querySelector('details').open = true")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_the_player_stays_in_view(open_page: Open, call_page: Path) -> None:
    opened = _ready(open_page(call_page))
    opened.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert opened.evaluate("scrollY") > 1000
    assert opened.page.locator("#play").bounding_box()["y"] < 40
    opened.page.click("#play")
    opened.wait(f"!{_PAUSED}")


def test_the_page_stays_where_it_is_while_it_loads(open_page: Open, call_page: Path) -> None:
    opened = _ready(open_page(call_page))
    shift = """() => new Promise((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((entry) => { sum += entry.value; }))
            .observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
    })"""
    assert opened.evaluate(shift) < 0.001


def test_everything_to_be_pressed_has_a_name_and_can_be_reached(open_page: Open, call_page: Path) -> None:
    opened = open_page(call_page)
    nameless = """() => [...document.querySelectorAll("button, select, input, [role=slider], [role=img]")]
        .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim()
            || (node.labels && node.labels[0] && node.labels[0].textContent.trim())))
        .map((node) => node.outerHTML)"""
    assert opened.evaluate(nameless) == []
    assert opened.evaluate("document.querySelectorAll('h1').length") == 1
    seen = set()
    for _ in range(12):
        opened.page.keyboard.press("Tab")
        seen.add(opened.evaluate("document.activeElement.id || document.activeElement.className"))
        assert opened.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert {"go", "play", "next", "timeline", "card-title"} <= seen


def test_on_paper_there_is_nothing_to_press(open_page: Open, call_page: Path) -> None:
    opened = open_page(call_page, color_scheme="dark")
    opened.page.emulate_media(media="print")
    for hidden in (".transport", ".keys", ".filters", ".listen >> nth=0"):
        assert opened.page.locator(hidden).is_hidden()
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.page.locator("#stage").is_visible()


@pytest.mark.parametrize(("name", "scheme", "width"), [("desktop", "light", 1280), ("phone", "dark", 390)])
def test_a_picture_for_who_wants_to_look(
    name: str, scheme: str, width: int, open_page: Open, call_page: Path, tmp_path: Path
) -> None:
    """Set ``EMOTRACE_SCREENSHOTS`` to a folder to keep the pictures."""
    opened = _ready(open_page(call_page, color_scheme=scheme, width=width))
    opened.page.click(".card-title >> nth=0")
    folder = Path(os.environ.get("EMOTRACE_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    picture = opened.page.screenshot(path=str(folder / f"call-{name}.png"), full_page=True)
    assert int.from_bytes(picture[16:20], "big") == width
    assert len(picture) > 50_000, "an empty page packs to much less"
