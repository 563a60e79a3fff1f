"""The few elements of SVG that the pictures are made of."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

__all__ = ["Drawing", "bytes_text", "colors_of", "text_width"]

# Distinguishable also by those who do not see red and green apart, and from grey.
_PALETTE = (
    "#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377", "#ee8866", "#44bb99",
    "#aaaa00", "#ffaabb", "#332288",
)  # fmt: skip
# The mean width of a letter by the size of the font, of the wider ones among usual fonts.
_LETTER_WIDTH = 0.66


def colors_of(names: Iterable[str]) -> dict[str, str]:
    """Return a color for each name: the first eleven have colors of their own."""
    return {
        name: _PALETTE[place % len(_PALETTE)] for place, name in enumerate(dict.fromkeys(names))
    }


def text_width(text: str, size: float) -> float:
    """Return about how many pixels wide a line of text is, rather too many than too few."""
    return len(text) * size * _LETTER_WIDTH


def bytes_text(size: int) -> str:
    """Return a number of bytes as people read it."""
    value = float(size)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


class Drawing:
    """Collects elements; lengths are in pixels."""

    def __init__(self, width: float, height: float) -> None:
        self._size = (width, height)
        self._parts: list[str] = []

    def rectangle(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        tip: str = "",
        border: str = "#33333340",
    ) -> None:
        """Add a rectangle, with a text that is shown when the mouse is on it."""
        title = f"<title>{escape(tip)}</title>" if tip else ""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" '
            f'fill="{fill}" stroke="{border}">{title}</rect>'
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: int = 12,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Add a line of text; y is its baseline."""
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{weight}>'
            f"{escape(text)}</text>"
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str = "#cccccc") -> None:
        """Add a straight line."""
        self._parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'
        )

    def arrow(self, path: str, width: float, color: str, tip: str) -> None:
        """Add a curve with a head at its end."""
        self._parts.append(
            f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width:.1f}" '
            f'stroke-opacity="0.7" marker-end="url(#head)"><title>{escape(tip)}</title></path>'
        )

    def finish(self, title: str) -> str:
        """Return the picture."""
        width, height = self._size
        head = (
            '<marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" '
            'markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
            '<path d="M0,0 L10,5 L0,10 z" fill="#555555"/></marker>'
        )
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
                f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
                f'font-family="sans-serif" aria-label={quoteattr(title)}>',
                f"<title>{escape(title)}</title>",
                f"<defs>{head}</defs>",
                f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>',
                *self._parts,
                "</svg>\n",
            ]
        )
