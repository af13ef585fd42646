"""Scenes drawn once for all tests, with every text that was drawn and the room it takes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from unittest import mock

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from harness import figures
from harness.analyse import Analysis
from tests.scenes import SCENES
