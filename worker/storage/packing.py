"""What is kept of mails: their exact bytes, and what they were made from. Packed by Zstandard (RFC 8878).

A packer may have a dictionary of what mails have in common; each frame says by its number which one that was. Older
rows have none, or are packed by zlib (RFC 1950), and what their mails were made from is plain JSON.
"""

import struct
import threading
import zlib
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from zstandard import (
    DICT_TYPE_FULLDICT,
    FRAME_HEADER,
    ZstdCompressionDict,
    ZstdCompressor,
    ZstdDecompressor,
    get_frame_parameters,
)

LEVEL: Final = 1
"""A third of zlib's time for the same size; higher levels save a few bytes in a hundred."""
PLAIN: Final = b"{"
SIZE: Final = struct.Struct(">I")


class Packer:
    """Packs bytes to be kept; threads may share it."""

    def __init__(self, dictionary: bytes | None = None) -> None:
        self._of_thread = threading.local()
        self._dictionary: ZstdCompressionDict | None = None
        if dictionary is not None:
            self._dictionary = ZstdCompressionDict(dictionary, dict_type=DICT_TYPE_FULLDICT)
            self._dictionary.precompute_compress(level=LEVEL)

    def pack(self, content: bytes) -> bytes:
        """Pack bytes; they say themselves by which dictionary."""
        packer: ZstdCompressor | None = getattr(self._of_thread, "packer", None)
        if packer is None:
            packer = self._of_thread.packer = ZstdCompressor(level=LEVEL, dict_data=self._dictionary)
        return packer.compress(content)


def joined(pieces: Sequence[bytes]) -> bytes:
    """Put pieces one after the other, behind their number and sizes (4 bytes each, the highest first)."""
    return b"".join((SIZE.pack(len(pieces)), *(SIZE.pack(len(one)) for one in pieces), *pieces))


def pieces_of(whole: bytes) -> list[bytes]:
    """Give the pieces that were joined; ValueError if these bytes are no such whole."""
    (count,) = SIZE.unpack_from(whole) if len(whole) >= SIZE.size else (0,)
    begins = SIZE.size * (count + 1)
    if begins > len(whole):
        raise ValueError(f"{len(whole)} bytes cannot hold {count} pieces")
    sizes = struct.unpack_from(f">{count}I", whole, SIZE.size)
    starts = list(accumulate(sizes, initial=begins))
    if starts[-1] != len(whole):
        raise ValueError(f"{count} pieces of {sum(sizes)} bytes are not what these {len(whole)} bytes hold")
    return [whole[start : start + size] for start, size in zip(starts, sizes, strict=False)]


class _Unpackers(threading.local):
    """One thread's unpackers by the number of their dictionary: none may be shared."""

    def __init__(self) -> None:
        self.by_number = {0: ZstdDecompressor()}


_UNPACKERS: Final = _Unpackers()


def dictionary_of(kept: bytes) -> int:
    """Give the number of the dictionary that bytes were packed by; 0 if by none."""
    return int(get_frame_parameters(kept).dict_id) if kept.startswith(FRAME_HEADER) else 0


def unpacked(kept: bytes, dictionary: bytes | None = None) -> bytes:
    """Give the exact bytes again; zstandard.ZstdError or zlib.error if they were damaged or the dictionary is amiss."""
    if kept.startswith(FRAME_HEADER):
        return _unpacker(dictionary_of(kept), dictionary).decompress(kept)
    return kept if kept.startswith(PLAIN) else zlib.decompress(kept)


def _unpacker(number: int, dictionary: bytes | None) -> ZstdDecompressor:
    found = _UNPACKERS.by_number.get(number)
    if found is None and dictionary is not None:
        known = ZstdCompressionDict(dictionary, dict_type=DICT_TYPE_FULLDICT)
        found = _UNPACKERS.by_number[number] = ZstdDecompressor(dict_data=known)
    return found or _UNPACKERS.by_number[0]
