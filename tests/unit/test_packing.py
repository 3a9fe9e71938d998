"""What is kept of a mail is what was sent, byte for byte, however it was packed when it was written (R36)."""

import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zstandard import ZstdError

from worker.storage.packing import packed, unpacked


@given(st.binary(max_size=5_000))
def test_r36_bytes_come_back_as_they_were(content):
    assert unpacked(packed(content)) == content


@given(st.binary(max_size=5_000), st.sampled_from(range(10)))
def test_r36_rows_that_zlib_packed_are_still_read(content, level):
    assert unpacked(zlib.compress(content, level)) == content


def test_damaged_bytes_are_a_fault_and_not_another_mail():
    kept = packed(b"Subject: Order B-1042\r\n" * 50)

    with pytest.raises(ZstdError):
        unpacked(kept[:-3])


def test_threads_pack_side_by_side():
    mails = [b"%d " % number * 2_000 for number in range(200)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda mail: unpacked(packed(mail)), mails)) == mails
