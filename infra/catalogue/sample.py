"""Makes `docs/samples/catalogue.xlsx` from `docs/samples/catalogue.csv`: one sheet for each kind, as offices keep it.

python -m infra.catalogue.sample docs/samples/catalogue.csv docs/samples/catalogue.xlsx
"""

import sys
from pathlib import Path

import openpyxl

from infra.catalogue.columns import KINDS
from infra.catalogue.reading import read


def write_workbook(source: Path, target: Path) -> None:
    """Write the lines of a catalogue file into a workbook with a sheet for each kind, every cell as text."""
    lines = read(source).lines
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for kind in KINDS:
        mine = [line for line in lines if line.kind is kind]
        words = [word for word in kind.by_name if any(word in line.cells for line in mine)]
        sheet = book.create_sheet(kind.name)
        rows: list[list[str | None]] = [[*words], *([line.cells.get(word) for word in words] for line in mine)]
        for row, texts in enumerate(rows, start=1):
            for column, text in enumerate(texts, start=1):
                cell = sheet.cell(row=row, column=column, value=text)
                cell.number_format = "@"  # text: Excel would make 3.1 of the code 03.10
    book.save(target)


if __name__ == "__main__":
    write_workbook(Path(sys.argv[1]), Path(sys.argv[2]))
