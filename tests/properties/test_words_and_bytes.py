"""The short ways of the hot path give what the standard library's long ways give."""

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from worker.rendering.environment import COLUMNS, oneline, para

words = st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=20).map(" ".join)
long_words = st.text("ab ", max_size=400)


@given(words | long_words, st.sampled_from([0, 2, 4]), st.sampled_from(["", "- "]))
def test_a_paragraph_is_filled_as_textwrap_fills_it(text, indent, first):
    pad = " " * indent
    filled = textwrap.wrap(
        oneline(text),
        COLUMNS,
        initial_indent=pad + first,
        subsequent_indent=pad + " " * len(first),
        break_on_hyphens=False,
    )

    assert para(text, indent, first) == "\n".join(filled)


@given(st.text(st.characters(codec="utf-8")))
def test_one_line_holds_only_what_prints(text):
    letter_by_letter = " ".join("".join(char if char.isprintable() else " " for char in text).split())

    assert oneline(text) == letter_by_letter
