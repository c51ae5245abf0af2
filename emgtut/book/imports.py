"""Read Python text, without running it, for what it imports and what it names."""

import ast
import dataclasses
import functools

DYNAMIC = {"import_module", "__import__", "iter_modules", "walk_packages"}


@dataclasses.dataclass(frozen=True)
class Mentions:
    """What one piece of Python text refers to.

    Parameters
    ----------
    imports : frozenset of (str, str, str)
        Module, name taken from it (empty for a plain import), and the name it gets here.
    uses : frozenset of str
        Names and attributes, outside import statements.
    calls : frozenset of str
        Names of the functions and methods that it calls.
    strings : frozenset of str
        Text constants, doc-strings and ``__all__`` left out.
    registers : frozenset of str
        Names under which it registers a method: ``@register("vmd")``.
    dynamic : bool
        True when it imports by a name that is known only at run time.
    """

    imports: frozenset
    uses: frozenset
    calls: frozenset
    strings: frozenset
    registers: frozenset
    dynamic: bool


@functools.lru_cache(maxsize=1024)
def mentions(text, package=""):
    """List what Python text imports and names, inside functions too.

    Parameters
    ----------
    text : str
        Python source.
    package : str
        Package that relative imports start from; empty outside a package.

    Returns
    -------
    Mentions

    Raises
    ------
    SyntaxError
        If the text is not Python.

    Lesson
    ------
    Book engine.

    Examples
    --------
    >>> sorted(mentions("from .mix import gain as g\\nimport emgtut.signals", "emgtut.contaminate").imports)
    [('emgtut.contaminate.mix', 'gain', 'g'), ('emgtut.signals', '', 'emgtut')]
    """
    tree = ast.parse(text)
    imports, uses, calls, strings, registers, dynamic = set(), set(), set(), set(), set(), False
    silent = {id(constant) for node in ast.walk(tree) for constant in _not_read(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.update((alias.name, "", alias.asname or alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            imports.update((base, alias.name, alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            strings.add(node.value)
        elif isinstance(node, ast.Name | ast.Attribute):
            uses.add(_name(node))
        elif isinstance(node, ast.Call):
            calls.add(_name(node.func))
            constants = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            registers.update(constants if _name(node.func) == "register" else [])
            dynamic |= _name(node.func) in DYNAMIC and not constants
    return Mentions(*map(frozenset, (imports, uses, calls, strings, registers)), dynamic)


def _not_read(node):
    """Text constants of a node that no code reads: a doc-string, the names in ``__all__``."""
    if isinstance(node, ast.Assign) and any(_name(target) == "__all__" for target in node.targets):
        return ast.walk(node.value)
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    first = node.body[0] if node.body else None
    return [first.value] if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else []


def _absolute(node, package):
    """Dotted name of the module in ``from X import ...``, relative dots resolved."""
    if not node.level:
        return node.module
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _name(node):
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


class Package:
    """The modules of one package on disk.

    Parameters
    ----------
    folder : pathlib.Path
        The package's folder; its name is the package's name.
    texts : dict of pathlib.Path to str, optional
        Text to use in place of a file's own: what would follow if that file changed.
    """

    def __init__(self, folder, texts=None):
        self.folder, self.name, self.texts = folder, folder.name, texts or {}

    def path(self, module):
        """The file of a dotted module name, or None when there is no such module."""
        head, *rest = module.split(".")
        if head != self.name or not all(part.isidentifier() for part in rest):
            return None
        place = self.folder.joinpath(*rest)
        candidates = [place / "__init__.py", place.with_suffix(".py")] if rest else [place / "__init__.py"]
        return next((file for file in candidates if file.is_file()), None)

    def text(self, file):
        """The text of a module file."""
        return self.texts[file] if file in self.texts else file.read_text(encoding="utf-8")

    def mentions(self, module):
        """What a module refers to, and the package that its relative imports start from."""
        file = self.path(module)
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        return mentions(self.text(file), package), package

    def closure(self, found):
        """Every module that the given text depends on, directly or not.

        Python runs a package's ``__init__`` and all that it imports. A dependency is less than that: of what an
        ``__init__`` passes on from its own package, only the names that somebody uses count, and of the modules that
        it imports to let them register a method, only those whose method somebody names, or all where somebody lists
        them with ``names()``. Otherwise every chapter would depend on everything.

        Parameters
        ----------
        found : Mentions
            What a chapter's cells refer to.

        Returns
        -------
        dict of str to Mentions
            Module name to what it refers to in turn.
        """
        reached, asked, waiting = {}, {}, {}
        queue = self._needs(found, "")
        while queue or (queue := self._registered(waiting, [found, *reached.values()], reached)):
            module, names = queue.pop()
            if self.path(module) is None or (module in asked and names <= asked[module]):
                continue
            asked[module] = asked.get(module, frozenset()) | names
            reached[module], package = self.mentions(module)
            if module == package:
                queue += self._passed_on(reached[module], package, asked[module], waiting)
            else:
                queue += self._needs(reached[module], package)
        return reached

    def _needs(self, found, package):
        """What a text needs: pairs of a module and the names wanted from it."""
        needs = [self._need(base, name, found.uses) for base, name, _ in found.imports]
        return self._with_parents([*needs, *((name, frozenset()) for name in self._spelt(found, package))])

    def _passed_on(self, init, package, names, waiting):
        """What a package's ``__init__`` needs in order to pass on `names`; what it merely registers joins `waiting`."""
        needs = [(name, frozenset()) for name in self._spelt(init, package)]
        needs += [(inner, names) for name in names if name and self.path(inner := f"{package}.{name}")]
        for base, name, here in init.imports:
            module, wanted = self._need(base, name, init.uses)
            own = f"{module}.".startswith(f"{package}.")
            if not own or {here, "*"} & (names | init.uses):
                needs.append((module, wanted | names if self._is_package(module) else wanted))
            elif self.path(module) and (methods := self.mentions(module)[0].registers):
                waiting[module] = methods
        return self._with_parents(needs)

    def _need(self, base, name, uses):
        """One import as a module and the names wanted from it."""
        inner = f"{base}.{name}" if name else base
        return (inner, uses) if self.path(inner) else (base, frozenset([name]))

    def _is_package(self, module):
        file = self.path(module)
        return file is not None and file.name == "__init__.py"

    def _registered(self, waiting, texts, reached):
        """Modules among `waiting` whose method somebody names, or all of them where somebody calls ``names``."""
        strings = frozenset().union(*(text.strings for text in texts))
        lister = any("names" in text.calls for text in texts)
        named = [module for module, methods in waiting.items() if lister or methods & strings]
        return [(module, frozenset()) for module in named if module not in reached]

    def _spelt(self, found, package):
        """Modules named in text constants, and whole folders where the name is put together at run time."""
        names = set()
        for string in found.strings:
            target = string.partition(":")[0]  # "package.module:Class" is how a table of late imports writes it
            relative = package and target.startswith(".") and target[1:2].isalpha()
            names.add(package + target if relative else target)
            if not package and target.startswith((f"{self.name} ", f"python -m {self.name} ")):
                names.add(f"{self.name}.cli")  # a chapter's shell line runs the command
        if found.dynamic:  # any module of this package, or of one whose name is spelt out
            for parent in {package or self.name, *(name.rstrip(".") for name in names)}:
                if self._is_package(parent):
                    folder = self.path(parent).parent
                    names.update(f"{parent}.{f.stem}" for f in folder.glob("*.py") if f.stem != "__init__")
        return names

    def _with_parents(self, needs):
        """Add the packages that a module lies in; they are read, but nothing is wanted from them."""
        parts = [(module.split("."), names) for module, names in needs if module.split(".")[0] == self.name]
        parents = {".".join(steps[:depth]) for steps, _ in parts for depth in range(1, len(steps))}
        return [(".".join(steps), names) for steps, names in parts] + [(parent, frozenset()) for parent in parents]
