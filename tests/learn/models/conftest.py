"""Networks on one thread: tests must not fight each other for cores."""

from __future__ import annotations

import pytest
import torch
from hypothesis import settings

# A busy machine is slow, not wrong.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
