"""Mixup (Zhang et al. 2018, arXiv:1710.09412): each clip blended with another.

Where in a network the two are blended is the network's business: a picture can be blended as it is, the
statistics of two blended voices are those of nobody.
"""

from __future__ import annotations

from torch import Tensor


def blend(values: Tensor, other: Tensor, share: float) -> Tensor:
    """Give ``share`` of each row and the rest of the row ``other`` (batch,) names."""
    return share * values + (1.0 - share) * values[other]
