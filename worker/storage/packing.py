"""What is kept of a mail: its exact bytes, and what it was made from. Packed by Zstandard (RFC 8878).

A packer may have a dictionary of what mails have in common; each frame says by its number which one that was. Older
rows have none, or are packed by zlib (RFC 1950), and what their mails were made from is plain JSON.
"""

import threading
import zlib
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
LEVEL_BY_DICTIONARY: Final = 3
"""The highest at which a mail is searched beside the dictionary's tables, and not in a copy of them."""
PLAIN: Final = b"{"


class Packer:
    """Packs bytes to be kept; threads may share it."""

    def __init__(self, dictionary: bytes | None = None) -> None:
        self._of_thread = threading.local()
        self._level = LEVEL
        self._dictionary: ZstdCompressionDict | None = None
        if dictionary is not None:
            self._level = LEVEL_BY_DICTIONARY
            self._dictionary = ZstdCompressionDict(dictionary, dict_type=DICT_TYPE_FULLDICT)
            self._dictionary.precompute_compress(level=self._level)

    def pack(self, content: bytes) -> bytes:
        """Pack bytes; they say themselves by which dictionary."""
        packer: ZstdCompressor | None = getattr(self._of_thread, "packer", None)
        if packer is None:
            packer = self._of_thread.packer = ZstdCompressor(level=self._level, dict_data=self._dictionary)
        return packer.compress(content)


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
