"""A .txt file: the text format of OpenSignals where its first line says so, else plain columns."""

from emgtut.data.readers import opensignals, text_table


def contents(path):
    """Read a ``.txt`` file of either kind."""
    text = text_table.decoded(path)
    if "# OpenSignals Text File Format" in text[:200]:
        return opensignals.text_contents(path.name, text)
    return text_table.contents(path)
