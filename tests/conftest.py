"""Plugins and settings that all tests share."""

from contextlib import suppress
from importlib import import_module

from hypothesis import settings

pytest_plugins = ["pytester"]

# The same examples in every run, however busy the machine is.
settings.register_profile("antiphon", derandomize=True, deadline=None, database=None)
settings.load_profile("antiphon")

# pytester forgets the modules that a run inside of it loads. Loaded twice, the parser of HTTP raises
# exceptions of a class that nobody catches.
for _name in ("httptools", "uvloop", "wsproto"):
    with suppress(ImportError):
        import_module(_name)
