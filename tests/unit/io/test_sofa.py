"""SOFA files: what is read of them, however they say it, and what is said of those that cannot be used."""

import shutil

import h5py
import numpy as np
import pytest

from sepstudio.dsp.ambisonics import axes_rotation, quadrature, vectors
from sepstudio.dsp.binaural import decoder_of
from sepstudio.errors import HeadFileError, ParameterError
from sepstudio.io.sofa import read_sofa

RATE = 48000
AZIMUTH, ELEVATION, _ = quadrature(4)
COUNT = len(AZIMUTH)
IMPULSES = np.random.default_rng(0).standard_normal((COUNT, 2, 32)) * np.exp(-np.arange(32) / 4)
PLACES = 1.5 * vectors(AZIMUTH, ELEVATION).T


def spherical(places):
    x, y, z = np.asarray(places).T
    azimuth = np.degrees(np.arctan2(y, x)) % 360
    return np.stack([azimuth, np.degrees(np.arctan2(z, np.hypot(x, y))), np.linalg.norm(places, axis=1)], axis=1)


def put(file, name, values, **attributes):
    if name in file:
        del file[name]
    table = file.create_dataset(name, data=values)
    for key, value in attributes.items():
        table.attrs[key] = np.bytes_(value)


@pytest.fixture
def path(tmp_path):
    """A set in the usual form."""
    place = tmp_path / "Köpfe.sofa"
    with h5py.File(place, "w") as file:
        names = {"Conventions": "SOFA", "DataType": "FIR", "ListenerShortName": "Somebody", "License": "CC0\n1.0"}
        for name, value in names.items():
            file.attrs[name] = np.bytes_(value)
        put(file, "Data.IR", IMPULSES)
        put(file, "Data.SamplingRate", [float(RATE)], Units="hertz")
        put(file, "Data.Delay", np.zeros((1, 2)))
        put(file, "SourcePosition", spherical(PLACES), Type="spherical", Units="degree, degree, metre")
        put(file, "ListenerPosition", np.zeros((1, 3)), Type="cartesian", Units="metre")
        put(file, "ListenerView", [[1.0, 0.0, 0.0]], Type="cartesian", Units="metre")
        put(file, "ListenerUp", [[0.0, 0.0, 1.0]])
        put(file, "ReceiverPosition", [[[0.0], [0.09], [0.0]], [[0.0], [-0.09], [0.0]]], Type="cartesian")
    return place


@pytest.fixture
def changed(path):
    """Return the path after a change of the open file."""

    def change(edit):
        with h5py.File(path, "r+") as file:
            edit(file)
        return path

    return change


def test_what_a_file_holds(path):
    found = read_sofa(path)
    np.testing.assert_allclose(vectors(*found.directions.T).T, PLACES / 1.5, atol=1e-12)
    np.testing.assert_allclose(found.impulses, IMPULSES, rtol=1e-6)
    assert found.impulses.dtype == np.float32
    assert (found.sample_rate, found.name, found.licence) == (RATE, "Somebody", "CC0 1.0")
    assert found.delays.shape == (COUNT, 2)
    assert decoder_of(found, 2).channels == 9


def test_positions_in_metres_and_in_radians(changed):
    wanted = read_sofa(changed(lambda file: put(file, "SourcePosition", PLACES, Type="cartesian"))).directions
    angles = spherical(PLACES) * [np.pi / 180, np.pi / 180, 1]
    units = "radian, radian, metre"
    found = read_sofa(changed(lambda file: put(file, "SourcePosition", angles, Type="spherical", Units=units)))
    np.testing.assert_allclose(vectors(*found.directions.T), vectors(*wanted.T), atol=1e-12)


def test_directions_are_those_the_listener_sees(changed):
    axes, place = axes_rotation(0.5, -0.3, 0.2), np.array([0.2, 3.0, -1.0])

    def move(file):
        put(file, "SourcePosition", PLACES @ axes.T + place, Type="cartesian")
        put(file, "ListenerPosition", [place], Type="cartesian")
        put(file, "ListenerView", spherical(axes[:, :1].T), Type="spherical", Units="degree, degree, metre")
        put(file, "ListenerUp", spherical(axes[:, 2:].T))

    found = read_sofa(changed(move)).directions
    np.testing.assert_allclose(vectors(*found.T).T, PLACES / 1.5, atol=1e-12)


def test_a_head_that_turns_before_one_loudspeaker(changed):
    turns = np.linspace(0, 1.75 * np.pi, COUNT)

    def turn(file):
        put(file, "SourcePosition", [[90.0, 0.0, 2.0]], Type="spherical", Units="degree, degree, metre")
        put(file, "ListenerView", vectors(turns, 0.0).T, Type="cartesian")

    found = read_sofa(changed(turn)).directions
    np.testing.assert_allclose(vectors(*found.T), vectors(np.pi / 2 - turns, 0.0), atol=1e-12)


def test_delays_of_every_direction(changed):
    delays = np.random.default_rng(1).uniform(0, 20, (COUNT, 2))
    np.testing.assert_array_equal(read_sofa(changed(lambda file: put(file, "Data.Delay", delays))).delays, delays)


def test_ears_in_the_other_sequence(changed):
    right_first = [[[0.0], [-0.09], [0.0]], [[0.0], [0.09], [0.0]]]
    found = read_sofa(changed(lambda file: put(file, "ReceiverPosition", right_first)))
    np.testing.assert_allclose(found.impulses, IMPULSES[:, ::-1], rtol=1e-6)


def test_of_several_distances_the_farthest_counts(changed):
    def add_nearer(file):
        put(file, "SourcePosition", np.concatenate([PLACES / 3, PLACES]), Type="cartesian")
        put(file, "Data.IR", np.concatenate([2 * IMPULSES, IMPULSES]))

    np.testing.assert_allclose(read_sofa(changed(add_nearer)).impulses, IMPULSES, rtol=1e-6)


def test_what_most_files_say_may_be_missing(changed):
    def remove(file):
        for name in ("Data.Delay", "ListenerPosition", "ListenerView", "ListenerUp", "ReceiverPosition"):
            del file[name]
        del file.attrs["License"], file.attrs["ListenerShortName"]

    found = read_sofa(changed(remove))
    assert (found.name, found.licence) == ("Köpfe", "")
    np.testing.assert_allclose(vectors(*found.directions.T).T, PLACES / 1.5, atol=1e-12)


def _without(name):
    def edit(file):
        del file[name]

    return edit


def _with(name, values, **attributes):
    return lambda file: put(file, name, values, **attributes)


def _said(**attributes):
    return lambda file: file.attrs.update({key: np.bytes_(value) for key, value in attributes.items()})


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (_said(Conventions="NetCDF"), "no SOFA file"),
        (_said(DataType="TF"), "data of type TF, not FIR"),
        (_without("Data.IR"), "no Data.IR"),
        (_without("Data.SamplingRate"), "no Data.SamplingRate"),
        (_without("SourcePosition"), "no SourcePosition"),
        (_with("Data.IR", IMPULSES[:, :1]), r"\(45, 1, 32\), not \[directions, 2 ears"),
        (_with("Data.IR", np.zeros((COUNT, 2, 0))), "impulses"),
        (_with("Data.IR", np.zeros((0, 2, 10))), "impulses|SourcePosition"),
        (_with("Data.IR", 0 * IMPULSES), "silence"),
        (_with("Data.IR", IMPULSES + np.nan), "NaN"),
        (_with("Data.IR", IMPULSES[:, 0]), "shape"),
        (_with("Data.IR", np.array([[b"text"]])), "no numbers"),
        (_with("Data.SamplingRate", [44100.0, 48000.0]), "2 sample rates"),
        (_with("Data.SamplingRate", [np.nan]), "sample rate"),
        (_with("Data.SamplingRate", [0.0]), "sample_rate"),
        (_with("Data.SamplingRate", [1e300]), "Data.SamplingRate beyond"),
        (_with("Data.Delay", np.zeros((3, 2))), r"Data.Delay of shape \(3, 2\)"),
        (_with("Data.Delay", [[-1.0, 0.0]]), "delays"),
        (_with("Data.Delay", [[np.inf, 0.0]]), "Data.Delay beyond"),
        (_with("Data.Delay", [[1e6, 0.0]]), "a second"),
        (_with("Data.IR", IMPULSES * 1e200), "Data.IR beyond"),
        (_with("SourcePosition", PLACES[:7], Type="cartesian"), r"SourcePosition of shape \(7, 3\)"),
        (_with("SourcePosition", PLACES * np.nan, Type="cartesian"), "not finite"),
        (_with("SourcePosition", PLACES * 0, Type="cartesian"), "where the listener is"),
        (_with("SourcePosition", PLACES, Type="cylindrical"), "cylindrical"),
        (_with("ListenerView", [[0.0, 0.0, 0.0]], Type="cartesian"), "which way the listener looks"),
        (_with("ListenerView", [[0.0, 0.0, 1.0]], Type="cartesian"), "which way the listener looks"),
    ],
)
def test_files_that_hold_something_else(changed, edit, why):
    place = changed(edit)
    with pytest.raises(HeadFileError, match=why) as caught:
        read_sofa(place)
    assert str(caught.value).startswith(str(place))


def test_tables_that_no_memory_holds(changed):
    def grow(file):
        del file["Data.IR"]
        file.create_dataset("Data.IR", (1 << 20, 2, 1 << 20), "f8", chunks=(1, 2, 1024))

    with pytest.raises(HeadFileError, match="more than a set for one head"):
        read_sofa(changed(grow))


def test_files_that_are_none(tmp_path):
    missing, text, folder = tmp_path / "none.sofa", tmp_path / "text.sofa", tmp_path / "folder.sofa"
    text.write_text("SOFA")
    folder.mkdir()
    for place, why in ((missing, "does not exist"), (text, "no SOFA file"), (folder, "cannot be read|regular")):
        with pytest.raises(HeadFileError, match=why):
            read_sofa(place)


def test_files_that_end_early(path):
    content = path.read_bytes()
    for size in (8, 20, 100, len(content) // 3, len(content) - 100):
        path.write_bytes(content[:size])
        with pytest.raises(HeadFileError, match=r"damaged|holds no|no SOFA"):
            read_sofa(path)


def test_damaged_bytes_are_read_or_refused(path, tmp_path):
    random, content = np.random.default_rng(5), np.frombuffer(path.read_bytes(), np.uint8)
    damaged = tmp_path / "damaged.sofa"
    refused = 0
    for _ in range(60):
        bytes_now = content.copy()
        # Beyond the tables' own bytes, which are sound, everything is structure.
        at = random.integers(8, len(bytes_now), 6)
        bytes_now[at] = random.integers(0, 256, 6)
        damaged.write_bytes(bytes_now.tobytes())
        try:
            found = read_sofa(damaged)
            decoder = decoder_of(found, 1)
        except (HeadFileError, ParameterError):
            refused += 1
        else:
            assert np.isfinite(decoder.filters).all()
    assert 0 < refused < 60


def test_a_file_that_may_not_be_written_is_read(path, tmp_path):
    copy = tmp_path / "copy.sofa"
    shutil.copy(path, copy)
    copy.chmod(0o400)
    assert read_sofa(copy).sample_rate == RATE
