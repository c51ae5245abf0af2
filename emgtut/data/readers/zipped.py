"""Both .npz and .xlsx are zip archives; their checksums tell damage before anybody interprets what is inside."""

import zipfile

from emgtut.data.readers.damage import DAMAGE


def check_zip(path):
    """Refuse an archive that is no zip file or in which one checksum is wrong."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except DAMAGE as error:
        raise ValueError(f"{path.name} is damaged, or not what its suffix says; copy or download it again.") from error
    if damaged is not None:
        raise ValueError(f"{path.name} is damaged: its part {damaged!r} fails the checksum; copy or download it again.")
