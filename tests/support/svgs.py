"""Figures as a browser shows them: where their text ends up, and whether it can be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tests.support.browser import Browser

WIDTH = 800  # CSS pixels: a figure in a column of a page
LEAST_PX = 6.5  # of type, at that width
TOUCH_PX = 1.0
APART_PX = 4.0  # side by side, not to be read as one
# What there is where DejaVu Sans is not: narrower type, of other heights.
FALLBACK = "Liberation Sans, Arial, Helvetica, sans-serif"
# Each figure in a page of its own: measured where it stands, with all its text.
_MEASURE = """(async ([drawings, width, font, least, touch, apart]) => {
  await document.fonts.ready
  const found = {}
  for (const [name, text] of Object.entries(drawings)) {
    const svg = document.importNode(
      new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true)
    svg.setAttribute('width', width)
    svg.removeAttribute('height')
    document.body.replaceChildren(svg)
    const sheet = svg.getBoundingClientRect()
    const scale = width / svg.viewBox.baseVal.width
    const boxes = [], wrong = []
    for (const one of svg.querySelectorAll('text')) {
      if (font) one.style.fontFamily = font
      const words = one.textContent.trim()
      if (!words) continue
      const size = parseFloat(getComputedStyle(one).fontSize) * scale
      if (size < least) wrong.push(`${size.toFixed(2)} px: ${words}`)
      const box = one.getBoundingClientRect()
      if (box.left < sheet.left - touch || box.right > sheet.right + touch ||
          box.top < sheet.top - touch || box.bottom > sheet.bottom + touch)
        wrong.push(`cut: ${words}`)
      for (const [other, its] of boxes) {
        const across = Math.min(box.right, its.right) - Math.max(box.left, its.left)
        const down = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top)
        if (across > touch && down > touch) wrong.push(`overlap: ${other} | ${words}`)
        else if (across > -apart && down > box.height / 2)
          wrong.push(`${(-across).toFixed(1)} px apart: ${other} | ${words}`)
      }
      boxes.push([words, box])
    }
    found[name] = boxes.length ? wrong : ['no text at all']
  }
  return found
})"""


def complaints(
    page: Browser, drawings: Mapping[str, str], blank: Path, font: str = ""
) -> dict[str, list[str]]:
    """Return what is wrong with the text of SVG files at the width of a page, by their names.

    `blank` is a file for the page that they are put into. A `font` takes the place of theirs.
    """
    blank.write_text("<!doctype html><style>body { margin: 0 } svg { display: block }</style>")
    page.open(blank, (WIDTH, 900))
    asked = json.dumps([dict(drawings), WIDTH, font, LEAST_PX, TOUCH_PX, APART_PX])
    found: dict[str, list[str]] = page.run(f"{_MEASURE}({asked})")
    return {name: wrong for name, wrong in found.items() if wrong}
