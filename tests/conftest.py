"""Plugins that all tests share."""

from contextlib import suppress
from importlib import import_module

pytest_plugins = ["pytester"]

# pytester forgets the modules that a run inside of it loads. Loaded twice, the parser of HTTP raises
# exceptions of a class that nobody catches.
for _name in ("httptools", "uvloop", "wsproto"):
    with suppress(ImportError):
        import_module(_name)
