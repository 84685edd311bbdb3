"""Made corpora."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.made_corpora import make_corpora


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a little of ravdess, tess, savee and emov-db."""
    return make_corpora(tmp_path_factory.mktemp("corpora"))
