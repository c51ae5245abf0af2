"""Check the layout of a MATLAB file before SciPy reads it: on a damaged one SciPy's reader may bring Python down.

MATLAB 5 to 7: a header of 128 bytes, then elements of kind, size and content; a matrix is itself four or five elements
(flags, dimensions, name, real part, imaginary part), possibly compressed. MATLAB 4: matrices one after the other.
"""

import math
import struct
import zlib
from collections import namedtuple

MATRIX, COMPRESSED, INT8, INT32, UINT32 = 14, 15, 1, 5, 6
ITEM_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}  # bytes per number, by kind of element
NUMERIC = range(6, 16)  # classes of arrays that hold plain numbers; the others are text, cells, structures, objects
ITEM_BYTES_4 = {0: 8, 1: 4, 2: 4, 3: 2, 4: 2, 5: 1}  # MATLAB 4, by the third digit of the type
KEPT = 1 << 12  # bytes of a compressed matrix that are enough to see its description

Part = namedtuple("Part", "kind size start next")


def numeric_variables(path):
    """List the names of the arrays of plain numbers; a file whose parts do not fit together is an error."""
    content = path.read_bytes()
    if content[124:128] in (b"\0\1IM", b"\1\0MI"):
        return list(_variables_5(memoryview(content), "<" if content[126:127] == b"I" else ">"))
    if content[124:128] in (b"\0\2IM", b"\2\0MI"):
        raise NotImplementedError("MATLAB 7.3")
    return list(_variables_4(content))


def _variables_5(content, order):
    at = 128
    while at < len(content):
        part = _part(content, at, order)
        body, total = content[part.start : part.start + part.size], part.size
        if part.kind == COMPRESSED:
            body, total = _unpacked(body)
            inner = _part(body, 0, order)
            _demand(inner.kind == MATRIX and inner.start + inner.size == total)
            body, total = body[inner.start :], inner.size
        else:
            _demand(part.kind == MATRIX)
        name = _numeric_name(body, total, order)
        if name is not None:
            yield name
        at = part.start + part.size
        _demand(at <= len(content))


def _numeric_name(body, total, order):
    """Name of a matrix of plain numbers whose parts fit together; None for other things."""
    flags = _part(body, 0, order)
    _demand(flags.kind == UINT32 and flags.size == 8)
    (word,) = struct.unpack_from(order + "I", body, flags.start)
    kind, is_complex = word & 0xFF, bool(word & 0x800)
    _demand(1 <= kind <= 18)
    if kind not in NUMERIC:
        return None
    dimensions = _part(body, flags.next, order)
    _demand(dimensions.kind == INT32 and dimensions.size in range(8, 68, 4))
    shape = struct.unpack_from(f"{order}{dimensions.size // 4}i", body, dimensions.start)
    _demand(min(shape) >= 0)
    label = _part(body, dimensions.next, order)
    _demand(label.kind == INT8 and label.start + label.size <= len(body))
    at = label.next
    for _ in range(1 + is_complex):
        numbers = _part(body, at, order)
        _demand(numbers.kind in ITEM_BYTES and numbers.size == math.prod(shape) * ITEM_BYTES[numbers.kind])
        at = numbers.next
    _demand(at == total)
    return bytes(body[label.start : label.start + label.size]).decode("ascii")


def _part(content, at, order):
    """Read one tag; contents of up to four bytes may share eight bytes with it."""
    word, size = struct.unpack_from(order + "II", content, at)
    if word >> 16:
        _demand(word >> 16 <= 4)
        return Part(word & 0xFFFF, word >> 16, at + 4, at + 8)
    return Part(word, size, at + 8, at + 8 + size + -size % 8)


def _unpacked(body):
    """First bytes and length of a compressed matrix, read to its end so that its checksum counts."""
    stream = zlib.decompressobj()
    kept, total = b"", 0
    for at in range(0, len(body), 1 << 16):
        piece = stream.decompress(body[at : at + (1 << 16)])
        total += len(piece)
        kept += piece[: max(0, KEPT - len(kept))]
    _demand(stream.eof)
    return memoryview(kept), total


def _variables_4(content):
    at = 0
    while at < len(content):
        kind, rows, columns, is_complex, length = struct.unpack_from("<5i", content, at)
        _demand(0 <= kind < 100 and kind // 10 in ITEM_BYTES_4 and rows >= 0 and columns >= 0)
        _demand(is_complex in (0, 1) and 1 < length < 100)
        name = content[at + 20 : at + 20 + length]
        at += 20 + length + rows * columns * ITEM_BYTES_4[kind // 10] * (1 + is_complex)
        _demand(name.endswith(b"\0") and at <= len(content))
        if kind % 10 == 0:
            yield name.rstrip(b"\0").decode("ascii")


def _demand(fits):
    if not fits:
        raise ValueError("the parts of the file do not fit together")
