"""What other people's readers raise on damaged files, found by feeding them thousands; ours turn it into a sentence."""

import struct
import zipfile
import zlib
from tokenize import TokenError

DAMAGE = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    NameError,  # SciPy's reader of .mat meets a variable it has not set
    NotImplementedError,
    RuntimeError,
    SyntaxError,  # NumPy parses an array's header as Python, XML errors are one too
    TokenError,
    OSError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
)
