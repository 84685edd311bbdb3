"""A small corpus of made voices, explored once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from tests.learn.explore.made_corpus import make_corpus

from emotrace.learn.explore import Exploration, explore
from emotrace.types import Utterance


@contextmanager
def quiet(_what: str) -> Iterator[Callable[[int, int], None]]:
    """Tell nobody of progress."""
    yield lambda _done, _total: None


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Utterance]:
    """24 clips by four speakers."""
    return make_corpus(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def explored(made: list[Utterance]) -> Exploration:
    return explore(made, [], sample=100, rng=np.random.default_rng(0), stage=quiet, cache=False)
