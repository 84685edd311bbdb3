"""No text can break out of its place, and every text comes through."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotrace.markup import element, json_block

HOSTILE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["</script><script>x()</script>", '"><img src=x onerror=x()>', "<!--", "&lt;", "'\"`="]),
)


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _is_plain(text: str) -> bool:
    return text.isprintable()


@given(content=HOSTILE, value=HOSTILE)
def test_text_stays_text(content: str, value: str) -> None:
    html = element("p", content, element("i", content), title=value)
    html.encode("ascii")
    reader = _Reader(html)
    assert [tag for tag, _ in reader.tags] == ["p", "i"]
    assert set(reader.tags[0][1]) == {"title"}
    if _is_plain(content):
        assert reader.text == content * 2
    if _is_plain(value):
        assert reader.tags[0][1]["title"] == value


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | HOSTILE,
        lambda inner: st.dictionaries(HOSTILE, inner, max_size=3),
        max_leaves=8,
    )
)
def test_data_is_read_back_and_ends_no_script(data: object) -> None:
    html = json_block("call", {"data": data})
    inside = html.removeprefix('<script type="application/json" id="call">').removesuffix("</script>")
    assert "<" not in inside
    assert json.loads(inside) == {"data": data}


def test_controls_and_marks_of_direction_are_shown_as_replaced() -> None:
    assert element("p", "a\x00b\u202egpj.exe\udcff") == "<p>a&#65533;b&#65533;gpj.exe&#65533;</p>"
    assert _Reader(element("p", "می\u200cخواهم 👩\u200d🔧")).text == "می\u200cخواهم 👩\u200d🔧"


def test_attributes() -> None:
    assert element("input", disabled=True, checked=False, data_start=1.5, for_="x") == (
        '<input disabled data-start="1.5" for="x">'
    )
    assert element("p", ["a", None, ["b"], 3]) == "<p>ab3</p>"
