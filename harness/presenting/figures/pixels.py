"""Shrink PNGs, and compare two; processors may smooth edges differently, which is no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.image import imread
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# How far a channel (0 to 1) may be off, and how many pixels may be further off. A mark that moves
# by its own radius, or one different digit, changes more than that.
_OFF, _PIXELS = 0.25, 20
_COLOURS = 256  # of a palette
_COMMON = 192  # of them are the most common ones
_LEAST_PIXELS = 10  # of a colour that is no accident of a smooth edge


def shrink(path: Path) -> None:
    """Write a PNG again with a palette of 256 colours: less than half of the bytes.

    Only rare colours, such as those on the smooth edges of letters, become the nearest others. A
    picture that would then look different stays as it is.
    """
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"), dtype=np.int32)
    packed = pixels @ np.array([1 << 16, 1 << 8, 1], dtype=np.int32)
    colours, places, counts = np.unique(packed, return_inverse=True, return_counts=True)
    channels = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=-1)
    palette = _choose_palette(channels, counts)
    nearest = [int(np.abs(palette - one).sum(axis=-1).argmin()) for one in channels]
    few = Image.fromarray(np.array(nearest, dtype=np.uint8)[places].reshape(packed.shape))
    few.putpalette(palette.astype(np.uint8).tobytes())
    smaller = path.with_suffix(".smaller")
    few.save(smaller, format="PNG", optimize=True)
    if not is_same_picture(smaller, path):
        with Image.open(path) as picture:
            method = Image.Quantize.MAXCOVERAGE
            few = picture.convert("RGB").quantize(_COLOURS, method=method, dither=Image.Dither.NONE)
        few.save(smaller, format="PNG", optimize=True)
    if is_same_picture(smaller, path):
        smaller.replace(path)
    else:
        smaller.unlink()


def _choose_palette(channels: NDArray[np.int32], counts: NDArray[np.intp]) -> NDArray[np.int32]:
    """Return the most common colours, and the others that differ most; both have shape (n, 3)."""
    order = np.argsort(-counts, kind="stable")
    others = channels[counts >= _LEAST_PIXELS]
    palette = channels[order[:_COMMON]]
    away = np.abs(others[:, None] - palette).sum(axis=-1).min(axis=-1, initial=999)
    while len(palette) < _COLOURS and away.size and away.max() > 0:
        farthest = others[away.argmax()]
        palette = np.vstack([palette, farthest])
        away = np.minimum(away, np.abs(others - farthest).sum(axis=-1))
    return palette


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
