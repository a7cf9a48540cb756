"""Kernels and source sets: their shapes, their text, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.errors import ParameterError
from sepstudio.separation.kernels import MAX_SOURCES, KamSource, Kernel, SourceSet


def drawing(kernel):
    """A footprint as it looks on the screen, highest frequency first."""
    return ["".join("#" if cell else "." for cell in row) for row in kernel.footprint()[::-1]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("horizontal:5", ["#####"]),
        ("vertical:3", ["#", "#", "#"]),
        ("cross:5x3", ["..#..", "#####", "..#.."]),
        ("rectangle:3x5", ["###"] * 5),
        ("disc:3", [".#.", "###", ".#."]),
        ("disc:5", [".###.", "#####", "#####", "#####", ".###."]),
        ("disc:5x3", [".###.", "#####", ".###."]),
        ("periodic:3:1", ["#..#..#"]),
        ("periodic:2:2", ["#.#.#.#.#"]),
        ("drawn:#..#./..#../....#", ["#..#.", "..#..", "....#"]),
        ("horizontal:1", ["#"]),
    ],
)
def test_footprints(text, rows):
    assert drawing(Kernel.from_text(text)) == rows


@pytest.mark.parametrize("diameter", range(1, 66, 2))
def test_discs_are_symmetric_and_touch_their_box(diameter):
    cells = Kernel.from_text(f"disc:{diameter}").footprint()
    assert cells.shape == (diameter, diameter)
    for other in (cells.T, cells[::-1], cells[:, ::-1]):
        assert np.array_equal(cells, other)
    assert cells[diameter // 2].all()
    assert abs(cells.sum() - np.pi * (diameter / 2) ** 2) <= 2 * diameter


def test_the_first_row_of_a_footprint_is_the_lowest_frequency():
    kernel = Kernel.from_text("drawn:#../.../..#")
    assert kernel.footprint()[0].tolist() == [False, False, True]
    assert Kernel.from_footprint(kernel.footprint()) == kernel


odd = st.integers(0, 127).map(lambda n: 2 * n + 1)
small_odd = st.integers(0, 32).map(lambda n: 2 * n + 1)


@st.composite
def patterns(draw):
    height, width = draw(small_odd), draw(small_odd)
    cells = draw(st.lists(st.text("#.", min_size=width, max_size=width), min_size=height, max_size=height))
    row, column = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    cells[row] = cells[row][:column] + "#" + cells[row][column + 1 :]
    return Kernel("drawn", pattern=tuple(cells))


kernels = st.one_of(
    st.builds(Kernel.horizontal, odd),
    st.builds(Kernel.vertical, odd),
    st.builds(Kernel, st.sampled_from(["cross", "rectangle", "disc"]), width=odd, height=odd),
    st.builds(Kernel, st.just("periodic"), period=st.integers(0, 5000), repeats=st.integers(1, 31)),
    patterns(),
)
names = st.from_regex(r"[a-z0-9äöü#._-]([a-zA-Z0-9 äöü'&()+._-]{0,18}[a-z0-9])?", fullmatch=True).filter(
    lambda name: name != "residual"
)


@settings(deadline=None)
@given(kernels)
def test_a_kernel_is_read_back_from_its_text(kernel):
    assert Kernel.from_text(kernel.to_text()) == kernel


@settings(deadline=None)
@given(kernels.filter(lambda kernel: kernel.shape != "periodic"))
def test_a_footprint_is_odd_and_becomes_the_same_drawn_kernel(kernel):
    cells = kernel.footprint()
    assert cells.dtype == bool
    assert all(side % 2 for side in cells.shape)
    assert cells.any()
    if max(cells.shape) <= 65:
        assert np.array_equal(Kernel.from_footprint(cells).footprint(), cells)


@settings(deadline=None)
@given(st.lists(st.builds(KamSource, names, kernels, st.integers(0, 50)), max_size=8, unique_by=lambda s: s.name))
def test_a_set_of_sources_is_read_back_from_its_text(sources):
    chosen = SourceSet(tuple(sources))
    assert SourceSet.from_text(chosen.to_text()) == chosen


def test_text_may_be_spaced_freely():
    spaced = SourceSet.from_text("  harmonic = horizontal:17 ,percussive=vertical:17 @ 5,  ")
    assert spaced == SourceSet.from_text("harmonic=horizontal:17, percussive=vertical:17@5")
    assert spaced.sources[1] == KamSource("percussive", Kernel.vertical(17), 5)
    assert SourceSet.from_text("") == SourceSet()
    assert SourceSet.from_text("loop=periodic:auto:3").sources[0].kernel == Kernel("periodic", period=0, repeats=3)
    assert Kernel.from_text("periodic:auto") == Kernel("periodic", period=0, repeats=3)
    assert Kernel.from_text("cross:17") == Kernel("cross", width=17, height=17)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "horizontal",
        "horizontal:",
        "horizontal:x",
        "horizontal:16",
        "horizontal:0",
        "horizontal:-3",
        "horizontal:257",
        "vertical:2",
        "cross:4x5",
        "cross:5x5x5",
        "disc:8",
        "rectangle:axb",
        "star:5",
        "periodic:",
        "periodic:-4:2",
        "periodic:10:0",
        "periodic:10:99",
        "periodic:auto:x",
        "drawn:",
        "drawn:...",
        "drawn:##",
        "drawn:#/#",
        "drawn:###/#",
        "drawn:#x#",
        "drawn:" + "#" * 67,
    ],
)
def test_kernels_that_make_no_sense_are_refused_in_one_line(text):
    with pytest.raises(ParameterError) as caught:
        Kernel.from_text(text)
    assert "\n" not in str(caught.value)
    assert "kernel" in str(caught.value)


@pytest.mark.parametrize("text", ["star:5", "horizontal:x", "cross:axb"])
def test_what_cannot_be_read_is_quoted_with_the_forms_that_can(text):
    with pytest.raises(ParameterError, match="horizontal:17") as caught:
        Kernel.from_text(text)
    assert repr(text) in str(caught.value)


def test_an_open_period_has_no_footprint():
    with pytest.raises(ParameterError, match="period"):
        Kernel.from_text("periodic:auto:3").footprint()


@pytest.mark.parametrize(
    "text",
    [
        "horizontal:17",
        "=horizontal:17",
        "a=",
        "a=horizontal:17@x",
        "a=horizontal:17@-1",
        "a=horizontal:17@1@2",
        "a=horizontal:17, a=vertical:17",
        "residual=horizontal:17",
        "a/b=horizontal:17",
        "a\\b=horizontal:17",
        "a:b=horizontal:17",
    ],
)
def test_sources_that_make_no_sense_are_refused_in_one_line(text):
    with pytest.raises(ParameterError) as caught:
        SourceSet.from_text(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", " ", "a ", " a", "a=b", "a,b", "a@2", "a/b", "a\\b"])
def test_names_that_text_or_file_names_cannot_hold_are_refused(name):
    with pytest.raises(ParameterError, match="source name"):
        KamSource(name, Kernel.horizontal(3))


def test_there_are_at_most_eight_sources():
    sources = tuple(KamSource(f"s{k}", Kernel.horizontal(3)) for k in range(MAX_SOURCES + 1))
    assert len(SourceSet(sources[:-1]).sources) == MAX_SOURCES
    with pytest.raises(ParameterError, match="at most 8"):
        SourceSet(sources)


def test_one_source_can_be_replaced():
    chosen = SourceSet.from_text("a=horizontal:3, b=vertical:5")
    changed = chosen.replaced(1, iteration=4)
    assert changed.to_text() == "a=horizontal:3, b=vertical:5@4"
    assert chosen.to_text() == "a=horizontal:3, b=vertical:5"


@pytest.mark.parametrize("field", [{"shape": "star"}, {"width": 4}, {"height": 0}, {"period": -1}, {"repeats": 0}])
def test_fields_are_checked_by_name(field):
    with pytest.raises(ParameterError, match=next(iter(field)).replace("shape", "kernel")):
        Kernel(**{"shape": "cross"} | field)
