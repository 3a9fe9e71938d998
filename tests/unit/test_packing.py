"""What is kept of a mail is what was sent, byte for byte, however it was packed when it was written (R36)."""

import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zstandard import ZstdError, train_dictionary

from worker.storage.packing import Packer, dictionary_of, joined, pieces_of, unpacked

PLAINLY = Packer()
NUMBER = 40_000
ALIKE = [b"Dear Buyer %d, of order B-%d %d units wait for their inspection.\r\n" % (n, n * 7, n) for n in range(99)]
DICTIONARY = train_dictionary(1_024, ALIKE, dict_id=NUMBER).as_bytes()
BY_DICTIONARY = Packer(DICTIONARY)


@given(st.binary(max_size=5_000))
def test_r36_bytes_come_back_as_they_were(content):
    assert unpacked(PLAINLY.pack(content)) == content
    assert unpacked(BY_DICTIONARY.pack(content), DICTIONARY) == content


@given(st.binary(max_size=5_000), st.sampled_from(range(10)))
def test_r36_rows_that_zlib_packed_are_still_read(content, level):
    assert unpacked(zlib.compress(content, level)) == content


@given(st.lists(st.binary(max_size=2_000), max_size=50))
def test_r36_pieces_that_were_packed_together_come_back_each_by_itself(pieces):
    assert pieces_of(unpacked(PLAINLY.pack(joined(pieces)))) == pieces


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=9), st.integers(1, 20))
def test_what_is_no_whole_of_pieces_is_a_fault_and_not_another_piece(pieces, less):
    whole = joined(pieces)

    for wrong in (whole[:-less], whole + b"x" * less):
        with pytest.raises(ValueError, match="bytes"):
            pieces_of(wrong)


def test_what_is_packed_by_a_dictionary_says_by_which_and_is_smaller():
    kept = BY_DICTIONARY.pack(ALIKE[50])

    assert dictionary_of(kept) == NUMBER
    assert dictionary_of(PLAINLY.pack(ALIKE[50])) == dictionary_of(zlib.compress(ALIKE[50])) == 0
    assert len(kept) * 2 < len(PLAINLY.pack(ALIKE[50]))


def test_without_its_dictionary_or_with_another_one_it_is_a_fault_and_not_another_mail():
    other = train_dictionary(1_024, ALIKE[1:], dict_id=NUMBER + 1).as_bytes()
    kept = Packer(other).pack(ALIKE[50])

    with pytest.raises(ZstdError):
        unpacked(kept)
    with pytest.raises(ZstdError):
        unpacked(kept, DICTIONARY)


def test_damaged_bytes_are_a_fault_and_not_another_mail():
    kept = PLAINLY.pack(b"Subject: Order B-1042\r\n" * 50)

    with pytest.raises(ZstdError):
        unpacked(kept[:-3])


@pytest.mark.parametrize("packer", [PLAINLY, BY_DICTIONARY])
def test_threads_pack_side_by_side(packer):
    mails = [b"%d " % number * 2_000 for number in range(200)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda mail: unpacked(packer.pack(mail), DICTIONARY), mails)) == mails
