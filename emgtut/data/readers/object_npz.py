"""``.npz`` archives of Python objects, read without running any of them: arrays, dictionaries, text and numbers only.

NumPy stores objects as a pickle, and a pickle is a program. This reader interprets that program with its own stand-ins:
it may ask for five names, all of which belong to NumPy's arrays, and even those are never called. The stand-ins note
what the pickle says about shape, kind and bytes; afterwards the arrays are built here, from plain numbers.
"""

import math
import pickle
import re
import zipfile

import numpy as np

from emgtut.data.readers.damage import DAMAGE
from emgtut.data.readers.zipped import check_zip

PLAIN = (str, bytes, int, float, bool, type(None))
CODE = re.compile(r"[<>|=]?(?:[biufV]\d{1,2}|[SU]\d{1,6}|O\d?)")
DEEPEST = 50  # containers within containers


def load_objects(path, *, largest_bytes=4_000_000_000):
    """Load every array of an ``.npz`` file, arrays of objects too, and run nothing that is in it.

    Parameters
    ----------
    path : pathlib.Path
        The archive.
    largest_bytes : int
        Refuse a part that unpacks to more bytes than this.

    Returns
    -------
    dict
        Name to numpy.ndarray of numbers, text or objects (arrays, dict, list, tuple, str, bytes, numbers, None).

    Raises
    ------
    ValueError
        If the archive is damaged, or asks for anything but arrays, dictionaries, text and numbers.

    Lesson
    ------
    10 Leakage and splits
    """
    check_zip(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return {
                part.filename.removesuffix(".npy"): _array_of(archive, part, largest_bytes)
                for part in archive.infolist()
            }
    except Refused as error:
        raise ValueError(
            f"{path.name} is refused: {error}; only arrays, dictionaries, text and numbers are read."
        ) from error
    except (pickle.UnpicklingError, *DAMAGE) as error:
        raise ValueError(f"{path.name} is not a readable .npz archive; copy or download it again.") from error


class Refused(pickle.UnpicklingError):
    """The pickle asks for something that is not plain data."""


def _array_of(archive, part, largest_bytes):
    if part.file_size > largest_bytes:
        raise Refused(f"its part {part.filename} has {part.file_size} bytes")
    with archive.open(part) as stream:
        version = np.lib.format.read_magic(stream)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[
            version
        ]
        shape, _, dtype = read_header(stream)
        if not dtype.hasobject:
            stream.seek(0)
            return np.lib.format.read_array(stream, allow_pickle=False)
        found = _resolved(_Restricted(stream).load(), {}, 0)
        if not isinstance(found, np.ndarray) or found.shape != shape:
            raise Refused(f"its part {part.filename} is not the array that its header announces")
        return found


# ------------------------------------------------------------------------------------------ stand-ins


class _Call:
    """Stands for one name of NumPy: notes what the pickle would have called it with."""

    __slots__ = ("kind",)

    def __init__(self, kind):
        object.__setattr__(self, "kind", kind)

    def __call__(self, *args):
        return _Note(self.kind, args)

    def __setattr__(self, name, value):
        raise Refused("it tries to change a function")

    def __setstate__(self, state):
        raise Refused("it tries to change a function")


class _Note:
    """What the pickle said about one array, kind of number, or number."""

    __slots__ = ("args", "kind", "state")

    def __init__(self, kind, args):
        self.kind, self.args, self.state = kind, args, None

    def __setstate__(self, state):
        if self.state is not None or not isinstance(state, tuple):
            raise Refused("it describes one array twice")
        self.state = state


_NAMES = {
    ("numpy", "ndarray"): _Call("class"),
    ("numpy", "dtype"): _Call("dtype"),
    ("_codecs", "encode"): _Call("encode"),
}
for _core in ("numpy.core", "numpy._core"):  # the package's name before and after NumPy 2
    _NAMES |= {
        (f"{_core}.multiarray", "_reconstruct"): _Call("array"),
        (f"{_core}.multiarray", "scalar"): _Call("scalar"),
        (f"{_core}.numeric", "_frombuffer"): _Call("buffer"),
    }


class _Restricted(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in _NAMES:
            raise Refused(f"it asks for {module}.{name}")
        return _NAMES[module, name]

    def persistent_load(self, pid):
        raise Refused("it refers to something outside the file")


# -------------------------------------------------------------------------------- notes into plain data


def _resolved(value, done, depth):
    """Build plain data from notes; the same object is built once, and a container that holds itself is refused."""
    if type(value) in PLAIN:
        return value
    if depth > DEEPEST:
        raise Refused("its containers are nested too deeply")
    if id(value) in done:
        if done[id(value)] is None:
            raise Refused("a container holds itself")
        return done[id(value)][1]
    done[id(value)] = None
    built = _built(value, lambda inner: _resolved(inner, done, depth + 1))
    done[id(value)] = (value, built)  # the original is kept, so that its id stays taken
    return built


def _built(value, resolve):
    if type(value) is dict:
        return {resolve(name): resolve(inner) for name, inner in value.items()}
    if type(value) in (list, tuple):
        return type(value)(resolve(inner) for inner in value)
    if type(value) is bytearray:
        return bytes(value)
    if type(value) is not _Note:
        raise Refused(f"it holds a {type(value).__name__}")
    if value.kind == "dtype":
        return _dtype(value)
    if value.kind == "array":
        return _array(value, resolve)
    if value.kind == "buffer":
        content, dtype, shape, *order = (resolve(arg) for arg in value.args)
        return _numbers(content, dtype, shape, order == ["F"])
    if value.kind == "scalar":
        dtype, content = (resolve(arg) for arg in value.args)
        return _numbers(content, dtype, (), False)[()]
    if value.kind == "encode":
        text, encoding = value.args
        if type(text) is not str or encoding != "latin1":
            raise Refused(f"it encodes text as {encoding!r}")
        return text.encode("latin1")
    raise Refused(f"it uses {value.kind} as a value")


def _dtype(note):
    code = note.args[0] if note.args else None
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise Refused(f"it has an array of the unknown kind {code!r}")
    order = note.state[1] if note.state and len(note.state) > 1 else "|"
    plain_state = note.state is None or all(field is None for field in note.state[2:5])  # no sub-arrays, no fields
    if order not in ("<", ">", "|", "=") or not plain_state:
        raise Refused("it has an array with fields")
    return np.dtype(code).newbyteorder(order)


def _array(note, resolve):
    if not isinstance(note.state, tuple) or len(note.state) != 5:
        raise Refused("it has an array without content")
    _, shape, dtype, fortran, content = (resolve(part) for part in note.state)
    if not isinstance(dtype, np.dtype):
        raise Refused("it has an array without a kind")
    if not dtype.hasobject:
        return _numbers(content, dtype, shape, fortran is True)
    if type(content) is not list or len(content) != _count(shape):
        raise Refused("it has an array of objects whose size does not fit")
    array = np.empty(len(content), dtype=object)
    for at, item in enumerate(content):  # one by one: NumPy would stack arrays of equal length
        array[at] = item
    return array.reshape(shape, order="F" if fortran is True else "C")


def _numbers(content, dtype, shape, fortran):
    if type(content) is not bytes or not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise Refused("it has an array whose content is not plain bytes")
    if len(content) != _count(shape) * dtype.itemsize or dtype.itemsize == 0:
        raise Refused("it has an array whose size does not fit")
    return np.frombuffer(content, dtype=dtype).reshape(shape, order="F" if fortran else "C").copy()


def _count(shape):
    if type(shape) is not tuple or not all(type(length) is int and length >= 0 for length in shape):
        raise Refused(f"it has an array of the impossible shape {shape!r}")
    return math.prod(shape)
