"""The reference of binaural decoders, spaudiopy, in the environment that tests/ambisonics_peers.py tells of.

``python tests/magls_peer.py SET.npz OUT.npy`` writes the filters that it makes of a set of impulse responses; this file
imports nothing of the project.
"""

import sys

import numpy as np

ORDER = 3


def main(source, target):
    import spaudiopy as peer

    given = np.load(source)
    azimuth, elevation = given["directions"].T
    left, right = given["impulses"].astype(np.float64).swapaxes(0, 1)
    ears = peer.sig.HRIRs(left, right, azimuth, np.pi / 2 - elevation, int(given["sample_rate"]))
    filters = peer.decoder.magls_bin(ears, ORDER)
    # From orthonormal harmonics to SN3D.
    degrees = np.floor(np.sqrt(np.arange((ORDER + 1) ** 2)))
    np.save(target, filters * np.sqrt(4 * np.pi * (2 * degrees + 1))[:, np.newaxis])


if __name__ == "__main__":
    main(*sys.argv[1:])
