"""What other sites' pages, and whoever else is on this machine, cannot make the app do."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

PATIENCE = 60.0


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/file=https://example.org/x.png",
        "gradio_api/file=HTTP://example.org/x.png",
        "gradio_api/file=%68ttps%3A//example.org/x.png",
        "gradio_api/proxy=https://example.hf.space/x",
    ],
)
def test_nothing_is_fetched_from_elsewhere(address, path):
    answer = httpx.get(address + path, timeout=PATIENCE)
    assert (answer.status_code, answer.text) == (403, "the app fetches nothing from elsewhere")


def test_pages_of_other_sites_neither_use_nor_frame_it(address):
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    answer = httpx.get(f"{address}config", headers=foreign, timeout=PATIENCE)
    assert (answer.status_code, answer.text) == (403, "pages of other sites may not use the app")
    framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert httpx.get(address, headers=framed, timeout=PATIENCE).status_code == 403
    followed = {**framed, "Sec-Fetch-Dest": "document"}
    page = httpx.get(address, headers=followed, timeout=PATIENCE)
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_the_address_without_its_slash_leads_there(address):
    answer = httpx.get(address.rstrip("/"), timeout=PATIENCE)
    assert (answer.status_code, answer.headers["Location"]) == (307, "/app/")


def question_about(address: str, path: str) -> dict[str, Any]:
    """Give what the page would post to have a call analysed that lies at ``path``."""
    config = httpx.get(f"{address}config", timeout=PATIENCE).json()
    button = next(part["id"] for part in config["components"] if part["props"].get("value") == "Analyse the call")
    event = next(each for each in config["dependencies"] if [button, "click"] in each["targets"])
    file = {"path": path, "orig_name": "secret.txt", "meta": {"_type": "gradio.FileData"}}
    return {
        "data": [file, "on the right channel", None, ""],
        "fn_index": event["id"],
        "trigger_id": button,
        "session_hash": "curious",
    }


def test_a_question_that_names_an_address_is_refused(address):
    for path in ("https://example.org/x.wav", " HTTP://127.0.0.1:9/x.wav", "ftp://example.org/x.wav"):
        # However it is written, and wherever it stands.
        body = json.dumps(question_about(address, path)).replace("example", "\\u0065xample")
        answer = httpx.post(f"{address}gradio_api/queue/join", content=body, timeout=PATIENCE)
        assert (answer.status_code, answer.text) == (403, "the app fetches nothing from elsewhere")
    deep = httpx.post(f"{address}gradio_api/queue/join", content="[" * 200_000, timeout=PATIENCE)
    assert deep.status_code in (403, 422)
    long = httpx.post(f"{address}gradio_api/queue/join", content=b" " * 17_000_000, timeout=PATIENCE)
    assert (long.status_code, long.text) == (413, "a question may have 16,000,000 bytes at most")


def test_files_that_were_not_uploaded_are_not_read(address, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("nobody's business")
    question = question_about(address, str(secret))
    httpx.post(f"{address}gradio_api/queue/join", json=question, timeout=PATIENCE).raise_for_status()
    url = f"{address}gradio_api/queue/data"
    with httpx.stream("GET", url, params={"session_hash": "curious"}, timeout=PATIENCE) as answer:
        messages = [json.loads(line[5:]) for line in answer.iter_lines() if line.startswith("data:")]
    last = next(message for message in messages if message["msg"] == "process_completed")
    assert not last["success"]
    assert "no audio" not in json.dumps(messages)
    assert "not audio" not in json.dumps(messages)
