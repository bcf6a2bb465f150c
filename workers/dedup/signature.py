"""The signature of a text: by it, texts that are alike are found without comparing them all.

MinHash over shingles (Broder, 1997), its values taken together in bands: two texts of Jaccard
similarity *j* share a band with the probability 1 - (1 - j³)^21. That is .94 at .5, .99 at .6 and
.02 at .1; of unrelated news, 99 pairs in 100 have a similarity of .01 or less. A short text within
a long one has a low similarity too: from .35 downwards it is more often missed than met.
"""

import struct
from hashlib import blake2b

from rensa import RMinHash

from workers.dedup.words import shingles_of

BANDS = 21
ROWS = 3
"""MinHash values in a band."""

FEWEST_SHINGLES = 10
"""Texts of fewer have no signature: whatever is changed in one, little of it stays the same."""

_SEED = 1
# 40 bits: in an index of a million documents four look-ups in 10,000 meet a stranger by chance, which
# costs one comparison each.
_KEY_BYTES = 5
_BAND = struct.Struct(f"<B{ROWS}I")


def signature(body: str) -> tuple[bytes, ...]:
    """One key a band, in the order of the bands: 21 of 5 bytes, or none for a very short text.

    Texts that differ in typography alone have the same signature, on every machine of 64 bits and
    in every run. Keys of different bands never meet, so that one index can hold them all.
    """
    features = set(shingles_of(body))
    if len(features) < FEWEST_SHINGLES:
        return ()
    minhash = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    minhash.update(features)
    values = minhash.digest()
    return tuple(_key(band, values[band * ROWS : (band + 1) * ROWS]) for band in range(BANDS))


def _key(band: int, values: list[int]) -> bytes:
    return blake2b(_BAND.pack(band, *values), digest_size=_KEY_BYTES).digest()
