"""Files of trained networks: what is saved is loaded, and nothing else is."""

import dataclasses
import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
import safetensors
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from sepstudio.errors import CheckpointError, ParameterError, UserError
from sepstudio.nn.checkpoints import (
    LONGEST_HEADER,
    document_hash,
    load_checkpoint,
    read_header,
    save_checkpoint,
    tensor_hash,
)
from sepstudio.nn.phase_checkpoints import KIND, load_network, save_network
from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.phase_network import start_network
from sepstudio.nn.provenance import Provenance
from sepstudio.nn.statistics import AmplitudeStatistics, BinStatistics

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = PhaseNetworkConfig("bass", fft_size=16, hop_size=4, context=1, hidden=3, channels=1, bands=4)
ORIGIN = Provenance(
    licence="CC BY 4.0",
    data_sets=("tunes of the program (CC0)",),
    seed=3,
    epochs=12,
    date="2026-11-21T10:00:00+00:00",
    figures={"validation loss": 0.125},
    program="sepstudio 0.1.0",
)


def statistics():
    generator = np.random.default_rng(0)
    mixture, target = (BinStatistics.of(generator.gamma(2, 3, (1, 9, 20))) for _ in range(2))
    return AmplitudeStatistics(mixture, target)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "bass.safetensors"
    save_network(path, start_network(CONFIG, statistics(), seed=1), statistics(), ORIGIN)
    return path


def parts(content):
    """Return the document and the tensors of a checkpoint."""
    length = struct.unpack("<Q", content[:8])[0]
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    return json.loads(metadata["sepstudio"]), safetensors.numpy.load(content)


def forged(content, change):
    """Return a checkpoint whose document and tensors are changed, and whose hashes are right."""
    document, tensors = parts(content)
    tensors = {name: values.copy() for name, values in tensors.items()}
    change(document, tensors)
    document |= {"sha256": tensor_hash(tensors), "size": sum(values.nbytes for values in tensors.values())}
    document["document_sha256"] = document_hash(
        {name: document[name] for name in document.keys() - {"document_sha256"}}
    )
    return save(tensors, metadata={"sepstudio": json.dumps(document)})


def refused(path, content):
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        load_network(path)
    assert caught.value.what == str(path)
    assert caught.value.remedy
    return caught.value.why


def test_network_is_read_back_bit_for_bit(written):
    network = start_network(CONFIG, statistics(), seed=1)
    trained = load_network(written)
    assert trained.network.config == CONFIG
    assert not trained.network.training
    found, expected = trained.network.state_dict(), network.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    for part in ("mixture", "target"):
        left, right = getattr(trained.statistics, part), getattr(statistics(), part)
        assert left.count == right.count
        assert np.array_equal(left.mean, right.mean)
        assert np.array_equal(left.squares, right.squares)
    assert trained.header.provenance == ORIGIN
    assert read_header(written, kind=KIND) == trained.header
    amplitude, phase = torch.rand(1, 1, 9, 5), torch.rand(1, 2, 1, 9, 5)
    assert torch.equal(trained.network(amplitude, phase), network(amplitude, phase))


def test_read_network_can_be_trained_on(written):
    network = load_network(written).network.train()
    network(torch.rand(1, 1, 9, 5), torch.rand(1, 2, 1, 9, 5)).sum().backward()
    torch.optim.SGD(network.parameters(), lr=0.1).step()


def test_equal_networks_give_equal_files(written, tmp_path):
    again = tmp_path / "again.safetensors"
    header = save_network(again, start_network(CONFIG, statistics(), seed=1), statistics(), ORIGIN)
    assert again.read_bytes() == written.read_bytes()
    other = save_network(again, start_network(CONFIG, statistics(), seed=2), statistics(), ORIGIN)
    assert other.sha256 != header.sha256


def test_other_programs_can_read_it(written):
    with safetensors.safe_open(written, framework="np") as file:
        assert file.get_tensor("weights.output.weight").shape == (9, 6, 1)
        assert json.loads(file.metadata()["sepstudio"])["provenance"]["licence"] == "CC BY 4.0"


def test_order_in_memory_does_not_matter(tmp_path):
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    path = tmp_path / "any.safetensors"
    for tensors in ({"a": np.asfortranarray(values)}, {"a": values[:, ::-1][:, ::-1]}):
        save_checkpoint(path, tensors, kind="any", config={}, provenance=ORIGIN)
        assert np.array_equal(load_checkpoint(path, kind="any")[1]["a"], values)


def test_descriptions_of_networks_need_no_torch(written):
    code = (
        "import pathlib, sys; from sepstudio.nn.checkpoints import read_header;"
        "from sepstudio.nn.phase_config import PhaseNetworkConfig;"
        f"header = read_header(pathlib.Path(sys.argv[1]), kind={KIND!r});"
        "print(PhaseNetworkConfig.from_json(header.config).instrument, 'torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code, written], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["bass", "False"]


def test_truncated_files_are_refused(written, tmp_path):
    content = written.read_bytes()
    reasons = [refused(tmp_path / "short", content[:length]) for length in (0, 5, 8, 100, 3000, len(content) - 1)]
    assert "is no checkpoint" in reasons[0]
    assert "ends within its header" in reasons[3]
    assert "1 bytes are missing" in reasons[-1]
    assert "1 bytes follow" in refused(tmp_path / "long", content + b"\0")


@pytest.mark.parametrize("content", [b"RIFF\x24\0\0\0WAVEfmt ", b"{}", b"\0" * 4096, b"\x02\0\0\0\0\0\0\0{}"])
def test_other_files_of_this_name_are_refused(content, tmp_path):
    assert "is no checkpoint" in refused(tmp_path / "renamed.safetensors", content)


def test_files_of_torch_are_never_opened(tmp_path):
    torch.save({"weights": torch.zeros(3)}, tmp_path / "model.pt")
    assert "could run programs" in refused(tmp_path / "x", (tmp_path / "model.pt").read_bytes())
    assert "could run programs" in refused(tmp_path / "x", b"\x80\x04\x95")


@pytest.mark.parametrize("length", [LONGEST_HEADER + 1, 1 << 40, (1 << 64) - 1])
def test_huge_headers_are_refused_before_they_are_read(length, written, tmp_path):
    content = struct.pack("<Q", length) + written.read_bytes()[8:]
    assert "is no checkpoint" in refused(tmp_path / "huge", content)


def test_changed_bytes_are_found(written, tmp_path):
    content = bytearray(written.read_bytes())
    content[-3] ^= 1
    assert "weights are not those" in refused(tmp_path / "x", bytes(content))
    assert "description is not that" in refused(
        tmp_path / "x", written.read_bytes().replace(b"CC BY 4.0", b"CC BY 3.0")
    )


def _renamed(document, tensors):
    tensors["weights.output.gewicht"] = tensors.pop("weights.output.weight")


def _reshaped(document, tensors):
    tensors["weights.output.weight"] = tensors["weights.output.weight"].reshape(6, 9, 1)


def _doubled(document, tensors):
    tensors["weights.output_bias"] = tensors["weights.output_bias"].astype(np.float64)


def _halved(document, tensors):
    tensors["weights.output_bias"] = tensors["weights.output_bias"].astype(np.float16)


def _spoilt(document, tensors):
    tensors["weights.output_bias"][2] = np.nan


def _negative(document, tensors):
    tensors["statistics.target.squares"][0] = -1


def _uncounted(document, tensors):
    tensors["statistics.counts"][1] = 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_renamed, "weights.output.gewicht"),
        (_reshaped, "weights.output.weight"),
        (_doubled, "weights.output_bias"),
        (_halved, "F16"),
        (_spoilt, "not finite"),
        (_negative, "squares"),
        (_uncounted, "count"),
        (lambda d, t: d.update(version=2), "version 2"),
        (lambda d, t: d.update(kind="codec"), "'codec'"),
        (lambda d, t: d.update(config=[]), "another way"),
        (lambda d, t: d["config"].update(hidden=4), "weights."),
        (lambda d, t: d["config"].update(hidden="many"), "hidden"),
        (lambda d, t: d["config"].update(hidden=1 << 14, fft_size=1 << 16), "tensor "),
        (lambda d, t: d["config"].update(inputs=[]), "inputs"),
        (lambda d, t: d["config"].pop("context"), "config"),
        (lambda d, t: d["provenance"].pop("licence"), "provenance"),
        (lambda d, t: d["provenance"].update(date="yesterday"), "date"),
        (lambda d, t: d["provenance"].update(figures={"loss": None}), "figures"),
    ],
)
def test_wrong_contents_are_named(change, reason, written, tmp_path):
    assert reason in refused(tmp_path / "x", forged(written.read_bytes(), change))


def test_files_that_cannot_be_read_are_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("missing", "does not exist"), ("", "not a regular file"), ("pipe", "not a regular file")):
        with pytest.raises(CheckpointError, match=reason):
            load_network(tmp_path / name)
        with pytest.raises(CheckpointError, match=reason):
            read_header(tmp_path / name, kind=KIND)


def test_failed_save_leaves_the_old_file(written, tmp_path):
    path = tmp_path / "kept.safetensors"
    path.write_bytes(written.read_bytes())
    network = start_network(CONFIG, statistics(), seed=2)
    with torch.no_grad():
        network.output_bias[1] = torch.inf
    with pytest.raises(CheckpointError, match=r"output_bias.*not finite"):
        save_network(path, network, statistics(), ORIGIN)
    assert path.read_bytes() == written.read_bytes()
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(CheckpointError, match="folder does not exist"):
        save_network(tmp_path / "none" / "x", start_network(CONFIG, statistics(), seed=2), statistics(), ORIGIN)


def test_tensors_of_other_types_are_refused(tmp_path):
    with pytest.raises(ParameterError, match="tensor a"):
        save_checkpoint(tmp_path / "x", {"a": np.zeros(2, np.int8)}, kind="any", config={}, provenance=ORIGIN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"licence": ""},
        {"data_sets": ["a"]},
        {"data_sets": (1,)},
        {"seed": -1},
        {"epochs": True},
        {"date": "soon"},
        {"figures": {"loss": float("nan")}},
        {"program": None},
    ],
)
def test_wrong_provenance_is_refused(wrong):
    with pytest.raises(ParameterError):
        dataclasses.replace(ORIGIN, **wrong)


def _load(path, content):
    path.write_bytes(content)
    try:
        return load_network(path)
    except UserError:
        return None


shared_folder = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@shared_folder
@given(data=st.data())
def test_damaged_files_load_unchanged_or_are_refused(data, written, tmp_path):
    content = bytearray(written.read_bytes())
    header = 8 + struct.unpack("<Q", content[:8])[0]
    # Half of the damage in the header, which is the smaller part but the one that is parsed.
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, header) | st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    trained = _load(tmp_path / "damaged", bytes(content))
    if trained is not None:
        assert trained.header == read_header(written, kind=KIND)


@shared_folder
@given(data=st.data())
def test_cut_and_pasted_files_load_unchanged_or_are_refused(data, written, tmp_path):
    content = written.read_bytes()
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    trained = _load(tmp_path / "cut", content[:first] + data.draw(st.binary(max_size=40)) + content[last:])
    if trained is not None:
        assert trained.header == read_header(written, kind=KIND)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@shared_folder
@given(data=st.data(), value=json_values)
def test_descriptions_of_any_kind_load_or_are_refused(data, value, written, tmp_path):
    def change(document, tensors):
        place = data.draw(st.sampled_from([document, document["config"], document["provenance"]]))
        place[data.draw(st.sampled_from(sorted(place)))] = value

    _load(tmp_path / "forged", forged(written.read_bytes(), change))


@shared_folder
@given(text=st.text(max_size=60) | json_values.map(json.dumps))
def test_any_header_is_refused(text, tmp_path):
    header = text.encode("utf-8", "replace")
    assert _load(tmp_path / "any", struct.pack("<Q", len(header)) + header) is None


@pytest.mark.parametrize("length", [0x480, 0x4B50])
def test_a_header_may_have_any_length(tmp_path, length):
    """The length comes first in a file, and then looks like the beginning of a pickle or an archive."""
    path, padding = tmp_path / "padded.safetensors", 0
    for _ in range(2):
        save_checkpoint(path, {}, kind="any", config={"padding": "x" * padding}, provenance=ORIGIN)
        padding += length - int.from_bytes(path.read_bytes()[:8], "little")
    assert path.read_bytes()[:2] == length.to_bytes(2, "little")
    assert read_header(path, kind="any").config["padding"]
