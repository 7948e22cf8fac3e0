"""The fonts of a PDF: one for most of the world's letters, and one for the Far East's behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

_FOLDER = Path(__file__).parent / "fonts"
_FAR_EAST = "wqy-microhei"  # large: read only for a text that needs it
_FILES = {_FAR_EAST: "wqy-microhei.ttc"}
MISSING = "□"
"""What stands for a character that no font here can draw."""


@dataclass(frozen=True)
class Face:
    """A font with others behind it for the characters that it lacks."""

    name: str
    behind: Sequence[str] = (_FAR_EAST,)

    def runs(self, text: str) -> Iterator[tuple[str, str]]:
        """The text in pieces of one font: (font, piece)."""
        drawable = [self._drawn(character) for character in text]
        for name, piece in groupby(drawable, key=lambda drawn: drawn[0]):
            yield name, "".join(character for _, character in piece)

    def width(self, text: str, size: float) -> float:
        """How wide a text is, in points."""
        return sum(_advance(*self._drawn(character)) for character in text) * size / 1000

    def _drawn(self, character: str) -> tuple[str, str]:
        return _drawn(character, (self.name, *self.behind))


PLAIN, BOLD = Face("DejaVuSans"), Face("DejaVuSans-Bold")


@cache
def _font(name: str) -> TTFont:
    font = TTFont(name, _FOLDER / _FILES.get(name, f"{name}.ttf"))
    registerFont(font)
    return font


@cache
def _drawn(character: str, names: tuple[str, ...]) -> tuple[str, str]:
    """The font that has a character, and the character; the sign for a missing one where none has it."""
    if character.isspace() or not character.isprintable():
        return names[0], " "
    for name in names:
        if ord(character) in _font(name).face.charToGlyph:
            return name, character
    return names[0], MISSING


@cache
def _advance(name: str, character: str) -> float:
    """The width of a character in thousandths of the font's size."""
    width: float = _font(name).face.getCharWidth(ord(character))
    return width
