"""Parts of painting: outlines that cover what the method is told, thin paths, and what painting somewhere says."""

import dataclasses
import itertools

import numpy as np
import pytest
from gui.painters import DRUMS, SOURCES, VOCALS
from PySide6.QtCore import QPointF

from sepstudio.gui.painting.shapes import ShapeShelf, outline_of
from sepstudio.gui.painting.sources import (
    bare_words,
    colour_of_stem,
    free_colour,
    missing_words,
    new_source,
    next_source,
    painted,
    renamed,
)
from sepstudio.gui.painting.thinning import enclosed_area, needed_points
from sepstudio.gui.theme import PAINT_COLOURS, stem_colour
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.separation.stroke_shapes import StftGrid, stroke_spans
from sepstudio.session.records import Run
from sepstudio.tiles.scales import scale_for

GRID = StftGrid(44100, 2048, 512, 200)
PATH = ((0.3, 900.0), (0.6, 2500.0), (1.1, 2200.0), (1.6, 5000.0))
STROKES = {
    "brush": Stroke("brush", "one", PATH, 0.15, 250.0, "mel"),
    "log brush": Stroke("brush", "one", PATH, 0.15, 0.4, "log"),
    "dab": Stroke("brush", "one", PATH[:1], 0.3, 900.0, "linear"),
    "eraser": Stroke("eraser", "", PATH, 0.2, 2000.0, "linear"),
    "box": Stroke("box", "one", (PATH[2], PATH[0])),
    "lasso": Stroke("lasso", "one", ((0.3, 800.0), (1.4, 1200.0), (1.7, 6000.0), (0.9, 3000.0), (0.4, 7000.0))),
    "harmonic": Stroke("harmonic", "one", ((0.3, 800.0), (0.8, 1000.0), (1.5, 900.0)), 0.1, 90.0, "mel", partials=6),
}


def covered(stroke):
    """The cells that the method is told of, [bins, frames]."""
    starts, stops = stroke_spans(stroke, GRID)
    cells = np.zeros(GRID.bins * GRID.frames, np.bool_)
    for start, stop in zip(starts, stops, strict=True):
        cells[start:stop] = True
    return cells.reshape(GRID.bins, GRID.frames)


@pytest.mark.parametrize("name", STROKES)
@pytest.mark.parametrize("kind", ["mel", "log"])
def test_what_is_drawn_is_what_the_method_is_told(qapp, name, kind):
    stroke, scale = STROKES[name], scale_for(kind, 44100)
    area, cells = outline_of(stroke).on(scale), covered(stroke)
    rows, frames = np.arange(3, 400, 3), np.arange(0, 180, 2)
    heights = scale.to_unit(rows * GRID.bin_hertz)
    seen = np.array(
        [[area.contains(QPointF(m * 512 / 44100, height)) for m in frames.tolist()] for height in heights.tolist()]
    )
    told = cells[np.ix_(rows, frames)]
    assert told.any()
    # Round edges are drawn with corners, and cells on the edge may be on either side.
    assert np.count_nonzero(seen != told) <= 0.05 * np.count_nonzero(told) + 2


def test_outlines_are_made_once_for_each_axis_and_let_go(qapp):
    shelf, (mel, log) = ShapeShelf(), (scale_for(kind, 44100) for kind in ("mel", "log"))
    brush, box = STROKES["brush"], STROKES["box"]
    first = shelf.path(brush, mel)
    assert shelf.path(brush, mel) is first
    assert shelf.path(brush, log) is not first
    shelf.path(box, mel)
    shelf.keep_only([box])
    assert shelf.path(brush, mel) is not first


def test_a_path_keeps_the_points_that_it_would_lie_elsewhere_without():
    x = np.linspace(0, 100, 201)
    corner = np.column_stack([x, np.abs(x - 50)])
    assert needed_points(corner, 0.5).tolist() == [0, 100, 200]
    assert needed_points(np.array([[3.0, 4.0]]), 0.5).tolist() == [0]
    there_and_back = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 0.0]])
    assert needed_points(there_and_back, 0.5).tolist() == [0, 1, 2]
    circle = 40 * np.column_stack([np.cos(x / 10), np.sin(x / 10)])
    kept = circle[needed_points(circle, 0.5)]
    assert len(kept) < 60
    for point in circle:
        ends = itertools.pairwise(kept)
        assert min(distance(point, start, end) for start, end in ends) <= 0.5 + 1e-9


def distance(point, start, end):
    along = end - start
    share = np.clip((point - start) @ along / (along @ along), 0, 1)
    return np.hypot(*(point - start - share * along))


def test_the_area_of_an_outline():
    assert enclosed_area(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0]])) == 12.0
    assert enclosed_area(np.array([[0.0, 0.0], [4.0, 4.0], [8.0, 8.0]])) == 0.0


def test_a_source_whose_colour_is_taken_does_not_look_like_its_namesake():
    blue, names = PAINT_COLOURS["Sky blue"], {colour: name for name, colour in PAINT_COLOURS.items()}
    strokes = Strokes((PaintedSource("one", "vocals", blue),))
    assert names[new_source(strokes, "vocals").colour] not in ("Sky blue", "Blue", "Turquoise")


def test_new_sources_have_names_and_colours_of_their_own():
    strokes = Strokes()
    for _ in range(8):
        source = next_source(strokes)
        strokes = Strokes((*strokes.sources, source))
    assert [source.name for source in strokes.sources[:5]] == ["vocals", "drums", "bass", "other", "source 5"]
    for key in ("id", "name", "colour"):
        assert len({getattr(source, key) for source in strokes.sources}) == 8
    taken = Strokes(tuple(PaintedSource(c, c, c) for c in PAINT_COLOURS.values()))
    assert free_colour(taken, "vocals") == "#56B4E9"


def test_a_source_takes_the_colour_of_its_new_name_unless_it_was_given_one():
    voice = renamed(SOURCES, dataclasses.replace(VOCALS, name="bass"))
    assert voice.colour == stem_colour("bass")
    assert renamed(SOURCES, dataclasses.replace(VOCALS, colour="#E69F00")).colour == "#E69F00"
    chosen = Strokes((dataclasses.replace(VOCALS, colour="#E69F00"), DRUMS))
    assert renamed(chosen, dataclasses.replace(chosen.sources[0], name="bass")).colour == "#E69F00"
    run = Run("run", 1, "paint", None, "source", 0, 1, (), strokes=chosen)
    assert colour_of_stem(run, "vocals") == "#E69F00"
    assert colour_of_stem(run, "other") == colour_of_stem(None, "other") == stem_colour("other")


def test_what_is_missing_is_said():
    box, other = STROKES["box"], Stroke("box", DRUMS.id, PATH[:2])
    against = Stroke("box", VOCALS.id, PATH[:2], against=True)
    third = (*SOURCES.sources, PaintedSource("three", "bass", "#D55E00"))
    assert missing_words(Strokes()).startswith("Add a source")
    assert "vocals" in missing_words(SOURCES)
    assert "second source" in missing_words(Strokes((VOCALS,), (box,)))
    assert "drums" in missing_words(Strokes(SOURCES.sources, (box,)))
    assert missing_words(Strokes(SOURCES.sources, (box, other))) == ""
    # What one of two sources is not is the other; among three that says nothing yet.
    assert painted(Strokes(SOURCES.sources, (box, against))) == {VOCALS.id, DRUMS.id}
    assert painted(Strokes(third, (box, against))) == {VOCALS.id}
    assert missing_words(Strokes(third, (box, other))) == ""
    assert "bass" in bare_words(Strokes(third, (box, other)))
