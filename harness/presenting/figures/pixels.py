"""Shrink PNGs, and compare two; processors may smooth edges differently, which is no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.image import imread
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

# How far a channel (0 to 1) may be off, and how many pixels may be further off. A mark that moves
# by its own radius, or one different digit, changes more than that.
_OFF, _PIXELS = 0.25, 20
_COLOURS = 128


def shrink(path: Path) -> None:
    """Write a PNG again with so few colours that nobody sees it: a third of the bytes."""
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(
            _COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
        few.save(path, format="PNG", optimize=True)


def is_same_picture(path: Path, other: Path) -> bool:
    """Return whether two PNGs show the same; a file that cannot be read shows nothing."""
    try:
        these, those = (imread(each)[..., :3] for each in (path, other))
    except (OSError, SyntaxError, ValueError):
        return False
    if these.shape != those.shape:
        return False
    off = np.abs(these - those).max(axis=-1) > _OFF
    return int(off.sum()) <= _PIXELS
