"""What is kept of a mail: its exact bytes, and what it was made from. Packed by Zstandard (RFC 8878).

Older rows are packed by zlib (RFC 1950), and what their mails were made from is plain JSON.
"""

import threading
import zlib
from typing import Final

from zstandard import FRAME_HEADER, ZstdCompressor, ZstdDecompressor

LEVEL: Final = 1
"""A third of zlib's time for the same size; higher levels save a few bytes in a hundred."""
PLAIN: Final = b"{"


class _Tools(threading.local):
    """Packer and unpacker of one thread: neither may be shared."""

    def __init__(self) -> None:
        self.packer = ZstdCompressor(level=LEVEL)
        self.unpacker = ZstdDecompressor()


_TOOLS: Final = _Tools()


def packed(content: bytes) -> bytes:
    """Pack bytes to be kept."""
    return _TOOLS.packer.compress(content)


def unpacked(kept: bytes) -> bytes:
    """Give the exact bytes again; zstandard.ZstdError or zlib.error if they were damaged."""
    if kept.startswith(FRAME_HEADER):
        return _TOOLS.unpacker.decompress(kept)
    return kept if kept.startswith(PLAIN) else zlib.decompress(kept)
