"""Tables as files for a table program: CSV, and the one sheet of a workbook. Pure."""

import csv
import io

import openpyxl

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # a table program would take what begins so for a formula


def as_csv(table: list[list[str]]) -> bytes:
    """Write a table as CSV; the mark at the beginning tells Excel that it is UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows([_harmless(cell) for cell in row] for row in table)
    return out.getvalue().encode("utf-8-sig")


def as_workbook(table: list[list[str]], title: str) -> bytes:
    """Write a table as the one sheet of a workbook, every cell as text."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for number, row in enumerate(table, start=1):
        for column, text in enumerate(row, start=1):
            if text:
                cell = sheet.cell(row=number, column=column)
                cell.number_format = "@"
                cell.value = text
                cell.data_type = "s"
                cell.quotePrefix = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _harmless(cell: str) -> str:
    return "'" + cell if cell.startswith(_SIGNS) else cell
