"""Shrink PNGs, and compare two; processors may smooth edges differently, which is no difference."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    _Counted = list[tuple[int, tuple[int, int, int]]]  # how many pixels have a colour

# How far a channel (0 to 255) may be off, and how many pixels may be further off. A mark that moves
# by its own radius, or one different digit, changes more than that.
_OFF, _PIXELS = 63, 20
_COLOURS = 256  # of a palette, at most
_AREA = 1_500  # pixels of a colour that fills an area, and is kept as it is
_COMMON = 32  # of the palette are at least the most common ones
_NEAR = 60  # how far a colour may be from the nearest of the palette, summed over its channels
_LEAST_PIXELS = 10  # of a colour that is no accident of a smooth edge


def shrink(path: Path) -> None:
    """Write a PNG again with a small palette: a third of the bytes.

    Only rare colours, those on the smooth edges of letters and marks, become the nearest others. A
    picture that would then look different stays as it is.
    """
    with Image.open(path) as picture:
        whole = picture.convert("RGB")
    found = cast("_Counted", whole.getcolors(whole.width * whole.height))
    counted = sorted(found, key=itemgetter(1))
    counts, channels = (np.array(column) for column in zip(*counted, strict=True))
    palette = _choose_palette(channels, counts)
    nearest = np.zeros(1 << 24, dtype=np.uint8)  # where in the palette, by packed colour
    nearest[_pack(channels)] = [np.abs(palette - one).sum(axis=-1).argmin() for one in channels]
    few = Image.fromarray(nearest[_pack(np.asarray(whole))])
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


def _pack(channels: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return a number for each colour; the last axis of `channels` has red, green and blue."""
    red, green, blue = np.moveaxis(channels.astype(np.int32), -1, 0)
    packed: NDArray[np.int32] = red << 16 | green << 8 | blue
    return packed


def _choose_palette(channels: NDArray[np.int_], counts: NDArray[np.int_]) -> NDArray[np.int_]:
    """Return the most common colours, and others until all are near; they have shape (n, 3)."""
    order = np.argsort(-counts, kind="stable")
    others = channels[counts >= _LEAST_PIXELS]
    areas = max(_COMMON, int((counts >= _AREA).sum()))
    palette = channels[order[: min(areas, _COLOURS)]]
    away = np.abs(others[:, None] - palette).sum(axis=-1).min(axis=-1, initial=999)
    while len(palette) < _COLOURS and away.max(initial=0) > _NEAR:
        farthest = others[away.argmax()]
        palette = np.vstack([palette, farthest])
        away = np.minimum(away, np.abs(others - farthest).sum(axis=-1))
    return palette


def is_same_picture(path: Path, other: Path) -> bool:
    """Return whether two PNGs show the same; a file that cannot be read shows nothing."""
    try:
        these, those = (_read(each) for each in (path, other))
    except (OSError, SyntaxError, ValueError):
        return False
    if these.shape != those.shape:
        return False
    off = np.maximum(these, those) - np.minimum(these, those) > _OFF
    red, green, blue = np.moveaxis(off, -1, 0)
    return int(np.count_nonzero(red | green | blue)) <= _PIXELS


def _read(path: Path) -> NDArray[np.uint8]:
    """Return the pixels of a picture, of shape (height, width, 3)."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))
