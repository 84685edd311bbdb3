"""The diverging colour map from blue through pale grey to red that plotting libraries call coolwarm.

References
----------
K. Moreland (2009), "Diverging color maps for scientific visualization", Advances in Visual Computing, LNCS 5876:
the interpolation in the polar form Msh of CIELAB between (59, 76, 192) and (180, 4, 38), at 33 points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# fmt: off
POINTS = (
    (59, 76, 192), (68, 90, 204), (78, 104, 215), (88, 117, 225), (98, 130, 234), (108, 142, 241),
    (119, 154, 247), (130, 165, 251), (141, 176, 254), (152, 185, 255), (163, 194, 255), (174, 201, 253),
    (184, 208, 249), (194, 213, 244), (204, 217, 238), (213, 219, 230), (221, 221, 221), (229, 216, 209),
    (236, 211, 198), (241, 204, 185), (245, 196, 173), (247, 187, 160), (247, 177, 148), (247, 166, 135),
    (244, 154, 123), (241, 141, 111), (236, 127, 99), (229, 112, 87), (222, 97, 76), (213, 80, 66),
    (203, 62, 56), (192, 40, 47), (180, 4, 38),
)
# fmt: on
"""Red, green and blue of 255, evenly spaced from the lowest value to the highest."""


def colour(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give red, green and blue in [0, 1] for values in [0, 1], along a new last axis."""
    places = np.linspace(0.0, 1.0, len(POINTS))
    channels = [np.interp(values, places, channel) for channel in np.asarray(POINTS).T / 255.0]
    return np.stack(channels, axis=-1).astype(np.float32)
