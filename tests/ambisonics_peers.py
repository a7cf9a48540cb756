"""The references of Ambisonics and loudspeakers: the EBU ADM Renderer (ear) and spaudiopy, each where it is installed.

``python tests/ambisonics_peers.py ear`` and ``… spaudiopy`` print what the reference computes as JSON. What they
printed lies in tests/data/loudspeakers. Neither installs beside the program, so each has an environment of its own,
with which the tests compare where it is there; this file imports nothing of the project::

    python -m venv .venv/test-peers/ear
    .venv/test-peers/ear/bin/pip install ear==2.1.0
    python -m venv .venv/test-peers/spaudiopy
    .venv/test-peers/spaudiopy/bin/pip install spaudiopy==0.2.0 'scipy<1.15'
"""

import json
import math
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "data" / "loudspeakers"
PEERS = ("ear", "spaudiopy")
SYSTEMS = {"stereo": "0+2+0", "5.1": "0+5+0", "5.1.4": "4+5+0", "7.1.4": "4+7+0", "22.2": "9+10+3"}
ORDERS = (1, 3)
HIGHEST = 7
ANGLES = (0.7, -0.4, 1.9)


def python_of(peer):
    """Return the Python of the environment that has a reference, None where it is not there."""
    path = Path(sys.prefix) / "test-peers" / peer / "bin" / "python"
    return path if path.exists() else None


def directions():
    """Return azimuth and elevation in radians of directions everywhere, some of them where loudspeakers are."""
    random = np.random.default_rng(7)
    azimuth = [0, 0.5, math.pi / 2, -2.2, *random.uniform(-math.pi, math.pi, 20)]
    elevation = [0, math.pi / 6, 0, -1.4, *np.arcsin(random.uniform(-1, 1, 20))]
    return np.array(azimuth), np.array(elevation)


def ear():
    from ear.core import bs2051, point_source
    from ear.core.metadata_input import HOATypeMetadata
    from ear.core.scenebased.design import HOADecoderDesign

    azimuth, elevation = directions()
    # Its x points to the right and its y to the front.
    vectors = [
        [-math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), math.sin(e)]
        for a, e in zip(azimuth, elevation, strict=True)
    ]
    found = {"panning": {}, "decoders": {}}
    for name, system in SYSTEMS.items():
        layout = bs2051.get_layout(system).without_lfe
        panner = point_source.configure(layout)
        found["panning"][name] = rounded([panner.handle(np.array(vector)) for vector in vectors])
        design = HOADecoderDesign(layout)
        for order in ORDERS:
            numbers = [(n, m) for n in range(order + 1) for m in range(-n, n + 1)]
            kinds = {"orders": [n for n, _ in numbers], "degrees": [m for _, m in numbers]}
            matrix = design.design(HOATypeMetadata(**kinds, normalization="SN3D"))
            found["decoders"][f"{name} {order}"] = rounded(matrix)
    return found


def spaudiopy():
    import spaudiopy as peer

    azimuth, elevation = directions()
    harmonics = peer.sph.sh_matrix(HIGHEST, azimuth, math.pi / 2 - elevation)
    rotation = peer.sph.sh_rotation_matrix(3, *ANGLES)
    weights = [peer.sph.max_rE_weights(order) for order in range(HIGHEST + 1)]
    return {
        "harmonics": rounded(harmonics * math.sqrt(4 * math.pi)),
        "rotation": rounded(rotation),
        "max_re": [rounded(weight) for weight in weights],
    }


def rounded(values):
    return np.round(np.asarray(values, np.float64), 9).tolist()


if __name__ == "__main__":
    print(json.dumps({"ear": ear, "spaudiopy": spaudiopy}[sys.argv[1]]()))
