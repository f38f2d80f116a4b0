"""The fingerprint of parameters."""

import numpy as np

from fastopt._common.fingerprint import fingerprint


def test_fingerprint_sees_every_bit_and_only_them():
    w = np.arange(6.0).reshape(2, 3)
    base = fingerprint({"w": w, "b": np.zeros(3)})
    assert len(base) == 64
    assert base == fingerprint({"b": np.zeros(3), "w": np.asfortranarray(w)})
    others = [
        {"w": w, "c": np.zeros(3)},
        {"w": w, "b": np.zeros(3, np.float32)},
        {"w": w.reshape(3, 2), "b": np.zeros(3)},
        {"w": w, "b": -np.zeros(3)},
        {"w": np.nextafter(w, 9), "b": np.zeros(3)},
        {"w": w},
    ]
    assert len({base, *map(fingerprint, others)}) == 7
