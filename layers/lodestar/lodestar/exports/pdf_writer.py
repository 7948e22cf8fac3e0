"""PDF for reading and printing: a table on A4, its header on every page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from lodestar.application.insight.tables import Cell, Table
from lodestar.domain.scoring import Status
from lodestar.exports.pdf_fonts import BOLD, PLAIN
from lodestar.exports.pdf_layout import SetRow, Type, pages, set_row, text_of

_HEIGHT, _WIDTH = map(float, A4)  # on its side
_MARGIN = 28.0
_PADDING = 2.5
_TITLE_HEIGHT, _FOOT_HEIGHT = 40.0, 16.0
_INK, _GREY, _SHADE = HexColor(0x1A1A1A), HexColor(0x666666), HexColor(0xECEFF3)
_TITLE, _SMALL = Type(BOLD, 14, 18), Type(PLAIN, 8, 11)
_HEADER, _BODY = Type(BOLD, 6.5, 8.5), Type(PLAIN, 6.5, 8.5)
_COLOURS = {
    Status.EXCEEDS: HexColor(0x0B6B3A),
    Status.ON_TRACK: HexColor(0x1F7A1F),
    Status.NEEDS_ATTENTION: HexColor(0xA15C00),
    Status.CRITICAL: HexColor(0xB3261E),
    Status.NO_TARGET: _GREY,
    Status.NO_DATA: _GREY,
}
"""Dark enough to read on white; the word says the same."""


def write_pdf(table: Table) -> bytes:
    """The table as A4 pages on their side, with company, date and page number.

    Texts are drawn as they are, never read as markup; a character that no font has is a box.
    """
    content = BytesIO()
    canvas = Canvas(content, pagesize=(_WIDTH, _HEIGHT), invariant=1, pageCompression=1)
    canvas.setTitle(f"{table.title} – {table.company.name}")
    sheet = _Sheet(table, canvas)
    made = list(pages(sheet.body(), sheet.room))
    for number, rows in enumerate(made, 1):
        sheet.draw(rows, f"{number} / {len(made)}")
    canvas.save()
    return content.getvalue()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something is drawn: left edge and top, in points from the page's lower left corner."""

    x: float
    top: float
    width: float


class _Sheet:
    """Draws the pages of one table, in the order of its rows."""

    def __init__(self, table: Table, canvas: Canvas) -> None:
        self._table = table
        self._canvas = canvas
        scale = (_WIDTH - 2 * _MARGIN) / sum(column.width for column in table.columns)
        self._widths = [column.width * scale for column in table.columns]
        self._header = set_row([column.title for column in table.columns], self._widths, _HEADER, _PADDING)
        self._drawn = 0

    @property
    def room(self) -> float:
        """The height for the rows of a page."""
        return _HEIGHT - 2 * _MARGIN - _TITLE_HEIGHT - _FOOT_HEIGHT - self._header.height

    def body(self) -> Iterator[SetRow]:
        """Every row, broken into lines."""
        for row in self._table.rows:
            yield set_row([text_of(cell) for cell in row], self._widths, _BODY, _PADDING)

    def draw(self, rows: Sequence[SetRow], number: str) -> None:
        """Draw the next page."""
        top = self._draw_frame(number)
        for row in rows:
            self._draw_row(row, top, self._table.rows[self._drawn], _BODY)
            self._drawn += 1
            top -= row.height
            self._canvas.setStrokeColor(_SHADE)
            self._canvas.line(_MARGIN, top, _WIDTH - _MARGIN, top)
        self._canvas.showPage()

    def _draw_frame(self, number: str) -> float:
        """Title, foot and header; where the rows begin."""
        table, top, width = self._table, _HEIGHT - _MARGIN, _WIDTH - 2 * _MARGIN
        filters = "".join(f" · {name}: {value}" for name, value in table.filters.items())
        self._write(f"{table.title} – {table.company.name}", _Place(_MARGIN, top, width), _TITLE, _INK)
        below = _Place(_MARGIN, top - _TITLE.leading, width)
        timezone = table.company.calendar.on(table.on).timezone
        self._write(f"{table.on.isoformat()}, {timezone}{filters}", below, _SMALL, _GREY)
        foot = _Place(_MARGIN, _MARGIN + _SMALL.leading, width)
        self._write(number, self._right(number, foot, _SMALL), _SMALL, _GREY)
        top -= _TITLE_HEIGHT
        self._canvas.setFillColor(_SHADE)
        self._canvas.rect(_MARGIN, top - self._header.height, width, self._header.height, stroke=0, fill=1)
        self._draw_row(self._header, top, [None] * len(table.columns), _HEADER)
        return top - self._header.height

    def _draw_row(self, row: SetRow, top: float, cells: Sequence[Cell], kind: Type) -> None:
        x = _MARGIN
        for lines, cell, width, column in zip(
            row.cells, cells, self._widths, self._table.columns, strict=True
        ):
            colour = _COLOURS[cell] if isinstance(cell, Status) else _INK
            for number, line in enumerate(lines):
                place = _Place(x + _PADDING, top - _PADDING - number * kind.leading, width - 2 * _PADDING)
                self._write(line, self._right(line, place, kind) if column.is_number else place, kind, colour)
            x += width

    @staticmethod
    def _right(line: str, place: _Place, kind: Type) -> _Place:
        return _Place(place.x + place.width - kind.face.width(line, kind.size), place.top, place.width)

    def _write(self, line: str, place: _Place, kind: Type, colour: Color) -> None:
        """Write one line below a height, in as many fonts as it needs."""
        if not line:
            return
        text = self._canvas.beginText(place.x, place.top - kind.size)
        text.setFillColor(colour)
        for font, piece in kind.face.runs(line):
            text.setFont(font, kind.size, kind.leading)
            text.textOut(piece)
        self._canvas.drawText(text)
