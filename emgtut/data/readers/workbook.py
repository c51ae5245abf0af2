"""Spreadsheets (.xlsx): every sheet of numbers, each column a channel."""

import numpy as np

from emgtut.data.readers.damage import DAMAGE
from emgtut.data.readers.text_table import NAME_AND_UNIT
from emgtut.data.readers.zipped import check_zip
from emgtut.data.traces import Contents, Trace


def contents(path):
    """Read a workbook; with one sheet the channels bear the column names, with several ``sheet/column``."""
    found = sheets(path)
    traces = []
    for title, rows in found.items():
        names, table = table_of(rows, f"{path.name}, sheet {title!r}")
        for i, column in enumerate(table.T):
            part = NAME_AND_UNIT.match(names[i])
            name, unit = (part["name"], part["unit"]) if part else (names[i], None)
            traces.append(Trace(name if len(found) == 1 else f"{title}/{name}", column[: _length(column)], None, unit))
    return Contents(traces, meta={"format": "XLSX"})


def sheets(path, wanted=None):
    """Rows of each sheet that has any, in order; `wanted` (sheet title -> bool) saves reading the others."""
    check_zip(path)
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            titles = [title for title in book.sheet_names if wanted is None or wanted(title)]
            found = {title: _rows(book.get_sheet_by_name(title)) for title in titles}
    except (CalamineError, *DAMAGE) as error:
        raise ValueError(f"{path.name} is not a readable workbook; copy or download it again.") from error
    return {title: rows for title, rows in found.items() if any(cell is not None for row in rows for cell in row)}


def _rows(sheet):
    """Cells of a sheet row by row; an empty one is None."""
    return [[None if cell == "" else cell for cell in row] for row in sheet.to_python(skip_empty_area=False)]


def table_of(rows, source):
    """Names and numbers of one sheet: empty cells at the end of a column become NaN, anything else is an error.

    Examples
    --------
    >>> table_of([("VL", "BF"), (1.0, 2), (3.0, None)], "leg.xlsx")
    (['VL', 'BF'], array([[ 1.,  2.],
           [ 3., nan]]))
    """
    names = None
    if all(isinstance(cell, str) for cell in rows[0] if cell is not None):
        names, rows = [str(cell) if cell is not None else f"{i}" for i, cell in enumerate(rows[0])], rows[1:]
    for at, row in enumerate(rows, 1 if names is None else 2):
        for cell in row:
            if cell is not None and (isinstance(cell, bool) or not isinstance(cell, (int, float))):
                raise ValueError(f"{source}, row {at}: {cell!r} is not a number; correct or remove it.")
    if not rows:
        raise ValueError(f"{source} has a header line but no samples; check that it was saved completely.")
    width = max(map(len, rows))
    table = np.array(
        [[np.nan if cell is None else cell for cell in row] + [np.nan] * (width - len(row)) for row in rows]
    )
    if names is None:
        names = [str(i) for i in range(width)]
    if len(names) < width:
        raise ValueError(f"{source} names {len(names)} columns and has {width}; correct the header line.")
    kept = [i for i in range(width) if np.any(np.isfinite(table[:, i]))]
    for i in kept:
        if np.any(np.isnan(table[: _length(table[:, i]), i])):
            raise ValueError(f"{source}, column {names[i]!r} has empty cells between numbers; fill or remove them.")
    return [names[i] for i in kept], table[:, kept]


def _length(column):
    """Number of samples up to the last cell that is not empty."""
    return int(np.flatnonzero(~np.isnan(column))[-1]) + 1
