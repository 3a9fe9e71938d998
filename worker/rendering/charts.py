"""Charts as SVG, drawn on the server; light and dark follow the reader (R18)."""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from pygal import Config, StackedBar
from pygal.style import Style

sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "PluginImportFixer"]
"""pygal leaves a finder of an old kind in the way of every later import; its plugins are not used here."""

COLOURS: Final = {
    "kept": "#2c7a4b",
    "early": "#4a86c5",
    "moved": "#8a94a0",
    "closed": "#b9c0c8",
    "missed": "#c0532b",
}
SCRIPT: Final = re.compile(rb"<script.*?</script>|<script[^>]*/>", re.DOTALL)
DARK: Final = (
    "@media (prefers-color-scheme: dark) { svg .axis text, svg .legend text { fill: #a3aebb !important; }"
    " svg .axis path.line, svg .axis path.guide { stroke: #343d48 !important; } }"
)
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"


def stacked_bars(weeks: Sequence[str], series: Mapping[str, Sequence[int]]) -> bytes:
    """Give a stacked bar chart: a bar a week, a colour an outcome; no script, nothing from elsewhere."""
    config = Config(
        width=720,
        height=260,
        js=[],
        show_legend=True,
        legend_at_bottom=True,
        legend_at_bottom_columns=5,
        legend_box_size=10,
        margin=6,
        spacing=12,
        x_label_rotation=0,
        show_minor_y_labels=False,
        y_labels_major_count=4,
        pretty_print=False,
        disable_xml_declaration=False,
        include_x_axis=True,
    )
    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground="#52606d",
        foreground_strong="#52606d",
        foreground_subtle="#dfe3e8",
        colors=tuple(COLOURS[name] for name in series),
        font_family=FONT,
        label_font_size=11,
        major_label_font_size=11,
        legend_font_size=12,
        opacity=1,
        opacity_hover=1,
        transition="none",
        guide_stroke_color="#dfe3e8",
        major_guide_stroke_color="#dfe3e8",
        guide_stroke_dasharray="0",
        major_guide_stroke_dasharray="0",
    )
    chart = StackedBar(config, style=style)
    chart.x_labels = list(weeks)
    for name, counts in series.items():
        chart.add(name, [count or None for count in counts])
    drawn = SCRIPT.sub(b"", chart.render())
    return drawn.replace(b"</style>", DARK.encode() + b"</style>", 1)
