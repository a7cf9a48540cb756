"""Plots of MUSHRA results as SVG: means with their intervals, or medians with quartiles, on the scale of listeners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from sepstudio.listening_tests.analysis import Analysis
from sepstudio.metrics.listening_scores import Summary

Style = Literal["mean", "median"]
SCALE_WORDS = ("Bad", "Poor", "Fair", "Good", "Excellent")

# Okabe and Ito, Color Universal Design, 2008: told apart by people who do not tell all colours apart, and in grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a6a00", "#444444")
_LEFT, _RIGHT, _TOP, _HEIGHT = 96, 20, 64, 300
_STEP, _GAP, _BOX, _SLANT_ROOM = 26, 30, 14, 110
_LETTER = 6.6
_INK, _FAINT = "#222222", "#d8d8d8"


@dataclass(frozen=True)
class _Column:
    """One mark: where it stands, and where its line and box end, on the scale."""

    x: float
    colour: str
    middle: float
    line: tuple[float, float]
    box: tuple[float, float] | None
    title: str


def plot_svg(found: Analysis, *, style: Style = "mean", titles: Mapping[str, str] | None = None) -> str:
    """Return an SVG picture with all items together and then each, every condition in a colour of its own.

    Parameters
    ----------
    found : Analysis
        Of a MUSHRA test.
    style : {"mean", "median"}
        Means with their 95 % intervals by Student's t, or medians with boxes from the first to the third quartile and
        lines from the lowest to the highest rating.
    titles : mapping of str to str
        Of conditions and items by name, where they differ.
    """
    names = titles or {}
    groups = [("All items", found.of_item()), *((names.get(item, item), found.of_item(item)) for item in found.items)]
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(found.conditions)}
    legend = {names.get(name, name): colour for name, colour in colours.items()}
    legend_width = sum(_entry_width(name) for name in legend)
    natural = sum(_GAP + _STEP * len(summaries) for _, summaries in groups)
    # As wide as the legend at least.
    step, gap = (part * max(1.0, legend_width / natural) for part in (_STEP, _GAP))
    columns, marks, x = list[_Column](), list[tuple[float, str]](), _LEFT + gap / 2
    for title, summaries in groups:
        places = [x + step * (number + 0.5) for number in range(len(summaries))]
        columns += [
            _column(one, place, colours[one.condition], style, names)
            for one, place in zip(summaries, places, strict=True)
        ]
        marks.append((x + step * len(summaries) / 2, title))
        x += step * len(summaries) + gap
    right = x - gap / 2
    edge = _LEFT + step * len(groups[0][1]) + gap
    parts = [*_frame(found, style, right, edge), *_legend(legend), *_group_marks(marks), *map(_drawn, columns)]
    return "\n".join([*_opening(right + _RIGHT), *parts, "</svg>", ""])


def _column(one: Summary, x: float, colour: str, style: Style, names: Mapping[str, str]) -> _Column:
    title = names.get(one.condition, one.condition)
    if style == "mean":
        # A single rating has no interval.
        low, high = one.interval if one.count > 1 else (one.mean, one.mean)
        # An interval may leave the scale, and the picture must not.
        line = (max(low, 0.0), min(high, 100.0))
        return _Column(x, colour, one.mean, line, None, f"{title}: mean {one.mean:.1f}, {low:.1f} to {high:.1f}")
    first, third = one.quartiles
    text = f"{title}: median {one.median:.1f}, quartiles {first:.1f} and {third:.1f}"
    return _Column(x, colour, one.median, one.extremes, one.quartiles, text)


def _opening(width: float) -> Iterator[str]:
    height = _TOP + _HEIGHT + _SLANT_ROOM
    size = f'width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
    yield f'<rect width="{width:.0f}" height="{height}" fill="#ffffff"/>'


def _frame(found: Analysis, style: Style, right: float, edge: float) -> Iterator[str]:
    listeners = found.screening.listeners - len(found.screening.excluded)
    what = "means and 95 % intervals" if style == "mean" else "medians, quartiles and extremes"
    yield _text(_LEFT, 20, f"{found.test}: {what}, {listeners} listeners", weight="bold")
    for score in range(0, 101, 20):
        y = _y(score)
        yield f'<line x1="{_LEFT}" y1="{y:g}" x2="{right:g}" y2="{y:g}" stroke="{_FAINT}"/>'
        yield _text(_LEFT - 6, y + 4, str(score), anchor="end")
    # Between all items together and each.
    line = f'x1="{edge:g}" y1="{_TOP}" x2="{edge:g}" y2="{_TOP + _HEIGHT}"'
    yield f'<line {line} stroke="{_INK}" stroke-dasharray="3 3"/>'
    for place, word in enumerate(SCALE_WORDS):
        yield _text(_LEFT - 32, _y(20 * place + 10) + 4, word, anchor="end")
    corner = f'x="{_LEFT}" y="{_TOP}" width="{right - _LEFT:g}" height="{_HEIGHT}"'
    yield f'<rect {corner} fill="none" stroke="{_INK}"/>'


def _legend(colours: Mapping[str, str]) -> Iterator[str]:
    x = float(_LEFT)
    for name, colour in colours.items():
        yield f'<rect x="{x:g}" y="34" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 17, 44.5, name)
        x += _entry_width(name)


def _entry_width(name: str) -> float:
    return 34 + _LETTER * len(name)


def _group_marks(marks: Sequence[tuple[float, str]]) -> Iterator[str]:
    for x, title in marks:
        y = _TOP + _HEIGHT + 16
        short = title if len(title) <= 24 else f"{title[:23]}…"
        slant = f' transform="rotate(-35 {x:g} {y})"'
        yield f"<g{slant}><title>{escape(title)}</title>{_text(x, y, short, anchor='end')}</g>"


def _drawn(column: _Column) -> str:
    low, high = map(_y, column.line)
    x, y = column.x, _y(column.middle)
    parts = [f"<title>{escape(column.title)}</title>", _line(x, low, x, high)]
    parts += [_line(x - 5, end, x + 5, end) for end in (low, high)]
    if column.box is None:
        parts.append(f'<circle cx="{x:g}" cy="{y:.2f}" r="4.5" fill="{column.colour}"/>')
    else:
        bottom, top = map(_y, column.box)
        box = f'x="{x - _BOX / 2:g}" y="{top:.2f}" width="{_BOX}" height="{bottom - top:.2f}"'
        parts.append(f'<rect {box} fill="#ffffff" stroke="{column.colour}"/>')
        parts.append(_line(x - _BOX / 2, y, x + _BOX / 2, y))
    return f'<g stroke="{column.colour}" stroke-width="2">{"".join(parts)}</g>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:g}" y1="{y1:.2f}" x2="{x2:g}" y2="{y2:.2f}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text {place} fill="{_INK}">{escape(text)}</text>'


def _y(score: float) -> float:
    return _TOP + _HEIGHT * (1 - score / 100)
