"""Makes `docs/samples/catalogue.xlsx` from `docs/samples/catalogue.csv`: one sheet for each kind, as offices keep it.

python -m miniapp_api.imports.sample docs/samples/catalogue.csv docs/samples/catalogue.xlsx
"""

import sys
from pathlib import Path

from miniapp_api.imports.columns import KINDS
from miniapp_api.imports.reading import read
from miniapp_api.imports.writing import write_workbook


def write_sample(source: Path, target: Path) -> None:
    """Write the lines of a catalogue file into a workbook with a sheet for each kind."""
    lines = read(source).lines
    tables = {}
    for kind in KINDS:
        mine = [line for line in lines if line.kind is kind]
        words = [word for word in kind.by_name if any(word in line.cells for line in mine)]
        tables[kind.name] = [[*words], *([line.cells.get(word, "") for word in words] for line in mine)]
    write_workbook(target, tables)


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]), Path(sys.argv[2]))
