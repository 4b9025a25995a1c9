"""Chunks: the second partition dimension. A code's chunk is a hash of the code alone, for ever."""

import zlib

CHUNK_COUNT = 32
"""A schema constant: changing it would move every code to another partition."""

CHUNKS: tuple[str, ...] = tuple(f"{number:02d}" for number in range(CHUNK_COUNT))


def chunk_of(code: str) -> str:
    """Return the chunk of `code`, `00` to `31`: CRC-32 of its ASCII text modulo 32.

    A new code touches one chunk and never moves another code.
    """
    return CHUNKS[zlib.crc32(code.encode("ascii")) % CHUNK_COUNT]
