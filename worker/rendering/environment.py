"""One sandboxed Jinja environment; styles are a table, so that nothing must be inlined per mail."""

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from worker.rendering.sandbox import PlainEnvironment

COLUMNS: Final = 76
LONGEST_WHOLE_WORD: Final = 24

FONT: Final = "Arial,sans-serif"
TH: Final = f"font:12px/18px {FONT};color:#52606d;border-bottom:1px solid #cbd2d9;"
TD: Final = f"font:15px/20px {FONT};color:#1f2933;border-bottom:1px solid #e4e7eb;"
STYLES: Final = {
    "body": "margin:0;padding:0;background-color:#f3f4f6;",
    "page": "background-color:#f3f4f6;",
    "card": "max-width:600px;width:100%;background-color:#ffffff;border-collapse:collapse;",
    "cell": f"padding:20px;font:16px/24px {FONT};color:#1f2933;",
    "lead": f"margin:0 0 14px;font:bold 18px/26px {FONT};color:#111827;",
    "h1": f"margin:0 0 6px;font:14px/20px {FONT};color:#52606d;",
    "h2": f"margin:20px 0 6px;font:bold 16px/22px {FONT};color:#111827;",
    "p": "margin:0 0 10px;",
    "small": "margin:0 0 6px;font-size:13px;line-height:19px;color:#52606d;",
    "table": "width:100%;border-collapse:collapse;margin:10px 0;table-layout:fixed;word-wrap:break-word;",
    "th": f"padding:6px 0 6px 4px;{TH}text-align:right;",
    "th_left": f"padding:6px 4px 6px 0;{TH}text-align:left;width:37%;",
    "td": f"padding:8px 0 8px 4px;{TD}text-align:right;",
    "td_left": f"padding:8px 4px 8px 0;{TD}text-align:left;",
    "next": "margin:16px 0;padding:12px 14px;background-color:#eef4fb;border-left:4px solid #2563a8;",
    "ul": "margin:0 0 10px;padding:0 0 0 20px;",
    "li": "margin:0 0 6px;",
    "button": "padding:10px 16px;background-color:#1d4f87;",
    "press": f"font:bold 16px/22px {FONT};color:#ffffff;text-decoration:none;",
    "foot": f"padding:14px 20px 20px;font:13px/19px {FONT};color:#52606d;border-top:1px solid #e4e7eb;",
    "note": "margin:0 0 6px;",
    "pre": "margin:8px 0;padding:10px;background-color:#f3f4f6;font:12px/17px Menlo,Consolas,monospace;color:#1f2933;"
    "white-space:pre-wrap;word-break:break-all;",
}
"""Each cell and each heading has a font of its own, because Outlook hands none down to them.

What stands in a cell takes the cell's.
"""


STYLE: Final = re.compile(r"\{\{ style\.(\w+) \}\}")


class _SharedWords(FileSystemLoader):
    """Gives HTML the sentences of the text templates under a name of its own, so that they escape what they are told.

    A macro takes over the escaping of the template it stands in, not of the one that calls it. Styles are put in here,
    once, when a template is read.
    """

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template.endswith("_words.html"):
            template = f"{template.removesuffix('.html')}.txt"
        source, name, fresh = super().get_source(environment, template)
        return STYLE.sub(lambda found: STYLES[found[1]], source), name, fresh


def make_environment(directory: Path, plain: tuple[type, ...] = ()) -> PlainEnvironment:
    """Make the environment of a template folder; a missing value is an error, never an empty word."""
    environment = PlainEnvironment(
        loader=_SharedWords(directory),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=400,
    )
    environment.trust(frozenset(plain))
    environment.globals["style"] = STYLES
    environment.filters["para"] = para
    environment.filters["oneline"] = oneline
    environment.filters["breakable"] = breakable
    environment.filters["capital"] = capital
    return environment


def para(text: str, indent: int = 0, first: str = "") -> str:
    """Fill a paragraph to 76 columns, behind an indent; a word that is too long is broken."""
    line = oneline(text)
    start = " " * indent + first
    if line and len(start) + len(line) <= COLUMNS:
        return start + line
    words = line.split(" ")
    if len(start) + max(map(len, words)) > COLUMNS:
        return _wrapped(line, indent, first)
    return _filled(words, start)


def _filled(words: list[str], start: str) -> str:
    """Fill lines with words of which each fits."""
    lines, room = [], COLUMNS - len(start)
    current, length = [words[0]], len(words[0])
    for word in words[1:]:
        length += 1 + len(word)
        if length > room:
            lines.append(" ".join(current))
            current, length = [word], len(word)
        else:
            current.append(word)
    lines.append(" ".join(current))
    return start + ("\n" + " " * len(start)).join(lines) if words != [""] else ""


def _wrapped(line: str, indent: int, first: str) -> str:
    pad = " " * indent
    lines = textwrap.wrap(
        line,
        COLUMNS,
        initial_indent=pad + first,
        subsequent_indent=pad + " " * len(first),
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def oneline(text: object) -> str:
    """Give a value as one line of printable text; what was escaped is plain again, and escaped where it is put."""
    plain = text.unescape() if isinstance(text, Markup) else str(text)
    if not plain.isprintable():
        plain = "".join(char if char.isprintable() else " " for char in plain)
    return " ".join(plain.split())


def breakable(text: object) -> str:
    """Let very long words break in a narrow column: a zero-width space every 16 characters."""
    size = 16
    line = oneline(text)
    if len(line) <= LONGEST_WHOLE_WORD:
        return line

    def cut(word: str) -> str:
        if len(word) <= LONGEST_WHOLE_WORD:
            return word
        return "\u200b".join(word[start : start + size] for start in range(0, len(word), size))

    return " ".join(cut(word) for word in line.split(" "))


def capital(text: str) -> str:
    """Begin a sentence; the rest stays as it is."""
    return text[:1].upper() + text[1:]
