"""The peers' templates: this product's own mail with its few values as placeholders, which costs less to render."""

from pathlib import Path
from typing import Final

from worker.rendering.rendering import Renderer
from worker.updates.statement import UpdateStatement

PLACES: Final = {
    "120 units": "{{ ordered }} units",
    "Ordered 120": "Ordered {{ ordered }}",
    "ready 80": "ready {{ ready }}",
    "delayed 40": "delayed {{ delayed }}",
    ">120": ">{{ ordered }}",
    ">80<": ">{{ ready }}<",
    ">40<": ">{{ delayed }}<",
}


def write_letter(statement: UpdateStatement, folder: Path) -> None:
    """Write body.txt and body.html."""
    folder.mkdir(parents=True, exist_ok=True)
    rendered = Renderer().render_update(statement)
    section = statement.sections[0]
    for name, words in (("body.txt", rendered.text), ("body.html", rendered.html)):
        assert "{{" not in words
        placed = words.replace(section.order, "{{ order }}").replace(section.po, "{{ po }}")
        for there, place in PLACES.items():
            placed = placed.replace(there, place)
        (folder / name).write_text(placed, "utf-8")
