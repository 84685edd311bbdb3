"""What the tab Live shows before anything is heard."""

from __future__ import annotations

from html.parser import HTMLParser

from emotrace.app.views.live import draw_live

TARGETS = {"generic": ("127.0.0.1", 8000), "vrchat": ("127.0.0.1", 9000)}


class _Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_has_a_bar_for_every_label_in_its_colour():
    page = _Elements(draw_live(("neutral", "anger"), TARGETS))
    assert [(li["data-emotion"], li["style"]) for li in page.of("li")] == [
        ("neutral", "--fill: var(--neutral)"),
        ("anger", "--fill: var(--anger)"),
    ]


def test_nothing_is_sent_to_an_avatar_unless_switched_on():
    page = _Elements(draw_live(("neutral", "anger"), TARGETS))
    (switch,) = [each for each in page.of("input") if each.get("role") == "switch"]
    assert "checked" not in switch
    (chosen,) = [each for each in page.of("option") if "selected" in each]
    assert (chosen["value"], chosen["data-port"]) == ("vrchat", "9000")


def test_what_comes_from_elsewhere_is_escaped():
    page = draw_live(("<b>",), {'"x': ("<em>", 1)})
    assert "<b>" not in page
    assert "<em>" not in page
    assert 'value="&quot;x"' in page


def test_every_drawing_has_words_and_every_field_a_label():
    page = _Elements(draw_live(("neutral", "anger"), TARGETS))
    assert all(each.get("aria-label") for _, each in page.found if each.get("role") == "img")
    assert len(page.of("label")) == len(page.of("input")) + len(page.of("select"))
