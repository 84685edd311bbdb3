from __future__ import annotations

import numpy as np
import pytest

from emotrace.audio.channels import select_channel
from emotrace.errors import AudioError, UsageError

BLOCK = np.array([[0.0, 0.5, 1.0], [1.0, -0.5, 0.0], [0.5, 0.0, 0.2]], dtype=np.float32)


def test_mix_is_the_mean_of_all_channels() -> None:
    mixed = select_channel(BLOCK, "mix")
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed, [0.5, 0.0, 0.4], atol=1e-7)


def test_channels_count_from_0() -> None:
    np.testing.assert_array_equal(select_channel(BLOCK, 0), BLOCK[0])
    np.testing.assert_array_equal(select_channel(BLOCK, 2), BLOCK[2])


def test_mono_is_its_own_mix() -> None:
    np.testing.assert_array_equal(select_channel(BLOCK[:1], "mix"), BLOCK[0])


@pytest.mark.parametrize("channel", [3, -1])
def test_a_channel_that_is_not_there_is_refused(channel: int) -> None:
    with pytest.raises(AudioError, match=rf"no channel {channel}; it has 3 channels: 0 to 2"):
        select_channel(BLOCK, channel)


def test_of_mono_only_channel_0_can_be_chosen() -> None:
    with pytest.raises(AudioError, match=r"no channel 1; it has 1 channel: only 0"):
        select_channel(BLOCK[:1], 1)


@pytest.mark.parametrize("channel", ["left", True, 0.5])
def test_a_channel_is_a_number_or_mix(channel: object) -> None:
    with pytest.raises(UsageError, match=r"it must be 'mix' or a number counted from 0"):
        select_channel(BLOCK, channel)  # type: ignore[arg-type]
