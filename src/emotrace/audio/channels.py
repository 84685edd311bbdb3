"""Choose one channel of a block, or mix all of them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import AudioError, UsageError

Channel = int | Literal["mix"]
"""A channel counted from 0, or ``"mix"``: the mean of all."""


def check_channel(channel: int | str, n_channels: int, name: str = "recording") -> None:
    """Raise unless ``channel`` is ``"mix"`` or one of ``n_channels`` channels counted from 0.

    Raises
    ------
    AudioError
        If the recording has fewer channels.
    UsageError
        If it is neither a number nor ``"mix"``.
    """
    if channel == "mix":
        return
    if isinstance(channel, bool) or not isinstance(channel, int | np.integer):
        raise UsageError(f"channel is {channel!r}; it must be 'mix' or a number counted from 0")
    if not 0 <= channel < n_channels:
        has = "1 channel: only 0" if n_channels == 1 else f"{n_channels} channels: 0 to {n_channels - 1}"
        raise AudioError(f"{name}: no channel {channel}; it has {has} (or 'mix') can be chosen")


def select_channel(block: NDArray[np.float32], channel: Channel) -> NDArray[np.float32]:
    """Give one channel of a block, or the mean of all.

    Parameters
    ----------
    block
        Samples of shape (n_channels, n_samples).
    channel
        Counted from 0, or ``"mix"``.

    Returns
    -------
    Signal of shape (n_samples,), float32.

    Raises
    ------
    AudioError
        If there is no such channel; the message says how many there are.

    >>> block = np.array([[0.0, 0.5], [1.0, 0.5]], dtype=np.float32)
    >>> select_channel(block, "mix").tolist(), select_channel(block, 1).tolist()
    ([0.5, 0.5], [1.0, 0.5])
    """
    check_channel(channel, len(block))
    if channel == "mix" and len(block) > 1:
        mixed: NDArray[np.float32] = block.mean(axis=0, dtype=np.float32)
        return mixed
    chosen: NDArray[np.float32] = block[0 if channel == "mix" else channel]
    return chosen
