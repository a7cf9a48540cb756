"""The reference of the codec: descript-audio-codec's own network, without the libraries that only its commands need.

``python tests/dac_peer.py`` writes the small model of it that lies in tests/data/codec, and what it makes of noise.
"""

import contextlib
import importlib.util
import sys
import types
import warnings
from pathlib import Path

import numpy as np

FOLDER = Path(sys.prefix) / "test-plug-ins"
FIXTURES = Path(__file__).parent / "data" / "codec"
# That of the published model of 16 kbit/s.
FULL = {"sample_rate": 44100, "latent_dim": 128, "n_codebooks": 18, "quantizer_dropout": 0.5}
TINY = {
    "sample_rate": 8000,
    "encoder_dim": 4,
    "encoder_rates": [2, 4],
    "latent_dim": 8,
    "decoder_dim": 16,
    "decoder_rates": [4, 2],
    "n_codebooks": 4,
    "codebook_size": 32,
    "codebook_dim": 4,
}


@contextlib.contextmanager
def reference():
    """Give the class of the reference's networks; afterwards its modules are forgotten."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        sys.modules["audiotools"], sys.modules["dac"] = _audiotools(), _package("dac")
        with warnings.catch_warnings():
            # Of what newer versions of torch would do in another way.
            warnings.simplefilter("ignore")
            from dac.model.dac import DAC

            yield DAC
    finally:
        sys.path.remove(str(FOLDER))
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in ("audiotools", "dac"):
                del sys.modules[name]


def installed():
    return (FOLDER / "dac").is_dir() and (FOLDER / "audiotools").is_dir()


def network(kind, seed=0, **changes):
    """Return a network of the reference, all of whose parameters are at random."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = kind(**changes)
        # It starts with equal frequencies, without biases, and with kernels of their natural length.
        for name, values in made.named_parameters():
            with torch.no_grad():
                if name.endswith("alpha"):
                    values.uniform_(0.3, 1.7)
                elif name.endswith("bias"):
                    values.normal_(0, 0.02)
                elif name.endswith("weight_g"):
                    values.mul_(torch.empty_like(values).uniform_(1.0, 1.3))
    return made.eval()


def save(made, path):
    """Write a network as the package writes its weights, with a log as published files have."""
    made.save(str(path), {"logs": {"loss": np.float64(1.5), "step": np.int64(3)}}, package=False)
    return path


def save_parametrized(made, path):
    """Write a network whose weights are normalised as newer versions of torch do it; it stays that way."""
    from torch.nn.utils import parametrizations, remove_weight_norm

    for module in list(made.modules()):
        if hasattr(module, "weight_g"):
            length, direction = module.weight_g.detach().clone(), module.weight_v.detach().clone()
            remove_weight_norm(module)
            parametrizations.weight_norm(module)
            parts = module.parametrizations.weight
            parts.original0.data, parts.original1.data = length, direction
    return save(made, path)


def results(made, samples, codebooks=None):
    """Return codes [codebooks, frames], and samples decoded from them, of float32 [channels, samples]."""
    import torch

    with torch.no_grad():
        x = made.preprocess(torch.from_numpy(samples)[None], made.sample_rate)
        _, codes, *_ = made.encode(x, codebooks)
        decoded = made.decode(made.quantizer.from_codes(codes)[0])
    return codes[0].numpy(), decoded[0, :, : samples.shape[1]].numpy()


def noise(length, seed=1):
    return (0.1 * np.random.default_rng(seed).standard_normal((1, length))).astype(np.float32)


def _audiotools():
    """Return the package with the one class that networks need; the others are only named in annotations."""
    ml = types.ModuleType("audiotools.ml")
    path = FOLDER / "audiotools" / "ml" / "layers" / "base.py"
    spec = importlib.util.spec_from_file_location("audiotools.ml.layers.base", path)
    base = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(base)
    ml.BaseModel = base.BaseModel
    package = _package("audiotools")
    package.ml, package.AudioSignal, package.STFTParams = ml, object, tuple
    sys.modules["audiotools.ml"] = ml
    return package


def _package(name):
    package = types.ModuleType(name)
    package.__path__ = [str(FOLDER / name)]
    return package


def write_fixtures():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    with reference() as kind:
        made = network(kind, **TINY)
        save(made, FIXTURES / "reference.pth")
        samples = noise(2003)
        codes, decoded = results(made, samples)
        first_codes, first = results(made, samples, codebooks=2)
    assert np.array_equal(first_codes, codes[:2])
    arrays = {"samples": samples, "codes": codes.astype(np.uint16), "decoded": decoded, "decoded_of_two": first}
    np.savez_compressed(FIXTURES / "reference.npz", **arrays)


if __name__ == "__main__":
    write_fixtures()
