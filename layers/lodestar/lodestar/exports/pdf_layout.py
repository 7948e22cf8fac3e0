"""Where the cells of a table lie on the pages of a PDF: lines of text, heights of rows, rows of a page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from lodestar.application.insight.tables import Cell, Quantity
from lodestar.domain.scoring import Status
from lodestar.exports.pdf_fonts import Face
from lodestar.exports.words import in_words, shown

MAX_LINES_OF_A_CELL = 12
"""Of a cell; what is longer ends in "…"."""


@dataclass(frozen=True, slots=True)
class Type:
    """How texts are set: face, size and the distance of lines, in points."""

    face: Face
    size: float
    leading: float


@dataclass(frozen=True, slots=True)
class SetRow:
    """The lines of each cell of a row, and how high the row is."""

    cells: Sequence[Sequence[str]]
    height: float


def text_of(cell: Cell) -> str:
    """What a reader sees of a cell."""
    match cell:
        case None:
            return ""
        case Quantity():
            return shown(cell)
        case date():
            return cell.isoformat()
        case Status():
            return in_words(cell)
        case str():
            return cell


def set_row(texts: Sequence[str], widths: Sequence[float], kind: Type, padding: float) -> SetRow:
    """Break texts into the lines of their columns."""
    cells = [
        list(_limited(wrapped(text, width - 2 * padding, kind)))
        for text, width in zip(texts, widths, strict=True)
    ]
    return SetRow(cells, kind.leading * max(map(len, cells)) + 2 * padding)


def pages(rows: Iterator[SetRow], height: float) -> Iterator[list[SetRow]]:
    """The rows of each page; there is one page without rows when there are none."""
    page: list[SetRow] = []
    left = height
    for row in rows:
        if page and row.height > left:
            yield page
            page, left = [], height
        page.append(row)
        left -= row.height
    yield page


def wrapped(text: str, width: float, kind: Type) -> Iterator[str]:
    """The lines of a text: broken at spaces, and inside a word that is wider than a line."""
    line = ""
    for word in text.split(" "):
        extended = f"{line} {word}" if line else word
        if kind.face.width(extended, kind.size) <= width:
            line = extended
            continue
        if line:
            yield line
        *full, line = _pieces(word, width, kind)
        yield from full
    yield line


def _pieces(word: str, width: float, kind: Type) -> Iterator[str]:
    piece, taken = "", 0.0
    for character in word:
        more = kind.face.width(character, kind.size)
        if piece and taken + more > width:
            yield piece
            piece, taken = "", 0.0
        piece += character
        taken += more
    yield piece


def _limited(lines: Iterator[str]) -> Iterator[str]:
    for count, line in enumerate(lines, 1):
        if count == MAX_LINES_OF_A_CELL:
            is_last = next(lines, None) is None
            yield line if is_last else f"{line[:-1]}…"
            return
        yield line
