"""Whether two drawings show the same, though two processors may have smoothed their edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.image import imread

if TYPE_CHECKING:
    from pathlib import Path

# How far a channel (0 to 1) may be off, and how many pixels may be farther. A mark that moves by
# its own radius, or one digit that is another, changes more than that.
_OFF, _PIXELS = 0.25, 20


def same(path: Path, other: Path) -> bool:
    """Tell whether two PNGs show the same; what cannot be read shows nothing."""
    try:
        these, those = imread(path), imread(other)
    except (OSError, SyntaxError, ValueError):
        return False
    if these.shape != those.shape:
        return False
    off = np.abs(these - those).max(axis=-1) > _OFF
    return int(off.sum()) <= _PIXELS
