"""One sandboxed Jinja environment; styles are a table, so that nothing must be inlined per mail."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

COLUMNS: Final = 76
LONGEST_WHOLE_WORD: Final = 24

FONT: Final = "font-family:Arial,Helvetica,sans-serif;"
STYLES: Final = {
    "page": "margin:0;padding:0;background-color:#f3f4f6;",
    "card": "max-width:600px;width:100%;background-color:#ffffff;border-collapse:collapse;",
    "cell": f"padding:20px;{FONT}font-size:16px;line-height:24px;color:#1f2933;",
    "lead": f"margin:0 0 14px 0;{FONT}font-size:18px;line-height:26px;color:#111827;font-weight:bold;",
    "h1": f"margin:0 0 6px 0;{FONT}font-size:14px;line-height:20px;color:#52606d;font-weight:normal;",
    "h2": f"margin:20px 0 6px 0;{FONT}font-size:16px;line-height:22px;color:#111827;font-weight:bold;",
    "p": f"margin:0 0 10px 0;{FONT}font-size:16px;line-height:24px;color:#1f2933;",
    "small": f"margin:0 0 6px 0;{FONT}font-size:13px;line-height:19px;color:#52606d;",
    "table": "width:100%;border-collapse:collapse;margin:10px 0;table-layout:fixed;",
    "th": f"padding:6px 0 6px 4px;{FONT}font-size:12px;line-height:18px;color:#52606d;text-align:right;"
    "font-weight:normal;border-bottom:1px solid #cbd2d9;",
    "th_left": f"padding:6px 4px 6px 0;{FONT}font-size:12px;line-height:18px;color:#52606d;text-align:left;"
    "font-weight:normal;border-bottom:1px solid #cbd2d9;width:37%;",
    "td": f"padding:8px 0 8px 4px;{FONT}font-size:15px;line-height:20px;color:#1f2933;text-align:right;"
    "vertical-align:top;border-bottom:1px solid #e4e7eb;word-wrap:break-word;",
    "td_left": f"padding:8px 4px 8px 0;{FONT}font-size:15px;line-height:20px;color:#1f2933;text-align:left;"
    "vertical-align:top;border-bottom:1px solid #e4e7eb;word-wrap:break-word;font-weight:normal;",
    "next": f"margin:16px 0;padding:12px 14px;background-color:#eef4fb;border-left:4px solid #2563a8;{FONT}"
    "font-size:16px;line-height:24px;color:#1f2933;",
    "li": f"margin:0 0 6px 0;{FONT}font-size:16px;line-height:24px;color:#1f2933;",
    "button": "padding:10px 16px;background-color:#1d4f87;",
    "press": f"{FONT}font-size:16px;line-height:22px;color:#ffffff;text-decoration:none;font-weight:bold;",
    "foot": f"padding:14px 20px 20px 20px;{FONT}font-size:13px;line-height:19px;color:#52606d;"
    "border-top:1px solid #e4e7eb;",
    "pre": "margin:8px 0;padding:10px;background-color:#f3f4f6;font-family:Menlo,Consolas,monospace;font-size:12px;"
    "line-height:17px;color:#1f2933;white-space:pre-wrap;word-break:break-all;",
}


class _SharedWords(FileSystemLoader):
    """Gives HTML the sentences of the text templates under a name of its own, so that they escape what they are told.

    A macro takes over the escaping of the template it stands in, not of the one that calls it.
    """

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template.endswith("_words.html"):
            template = f"{template.removesuffix('.html')}.txt"
        return super().get_source(environment, template)


def make_environment(directory: Path) -> SandboxedEnvironment:
    """Make the environment of a template folder; a missing value is an error, never an empty word."""
    environment = SandboxedEnvironment(
        loader=_SharedWords(directory),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=400,
    )
    environment.globals["style"] = STYLES
    environment.filters["para"] = para
    environment.filters["oneline"] = oneline
    environment.filters["breakable"] = breakable
    environment.filters["capital"] = capital
    return environment


def para(text: str, indent: int = 0, first: str = "") -> str:
    """Fill a paragraph to 76 columns, behind an indent; a word that is too long is broken."""
    pad = " " * indent
    lines = textwrap.wrap(
        oneline(text),
        COLUMNS,
        initial_indent=pad + first,
        subsequent_indent=pad + " " * len(first),
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def oneline(text: object) -> str:
    """Give a value as one line of printable text; what was escaped is plain again, and escaped where it is put."""
    text = text.unescape() if isinstance(text, Markup) else text
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())


def breakable(text: object) -> str:
    """Let very long words break in a narrow column: a zero-width space every 16 characters."""
    size = 16

    def cut(word: str) -> str:
        if len(word) <= LONGEST_WHOLE_WORD:
            return word
        return "\u200b".join(word[start : start + size] for start in range(0, len(word), size))

    return " ".join(cut(word) for word in oneline(text).split(" "))


def capital(text: str) -> str:
    """Begin a sentence; the rest stays as it is."""
    return text[:1].upper() + text[1:]
