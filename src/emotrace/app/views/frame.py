"""A finished, self-contained page inside the app's page, shut off from it."""

from __future__ import annotations

from html import escape


def frame_page(page: str, title: str) -> str:
    """Give an inner frame that shows ``page`` (HTML).

    The frame may run the page's scripts and save files, but neither reaches the app's page nor this server.
    """
    return (
        f'<iframe class="page" title="{escape(title)}" sandbox="allow-scripts allow-downloads" '
        f'srcdoc="{escape(page)}"></iframe>'
    )
