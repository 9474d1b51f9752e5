"""Plugins and settings that all tests share."""

import gc
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module

import pytest
from hypothesis import settings

from antiphon_conformance.rules.rule import all_rules
from antiphon_conformance.scenarios.scenario import all_scenarios

pytest_plugins = ["pytester"]

# The same examples in every run, however busy the machine is.
settings.register_profile("antiphon", derandomize=True, deadline=None, database=None)
settings.load_profile("antiphon")

# pytester forgets the modules that a run inside of it loads. Loaded twice, the parser of HTTP raises
# exceptions of a class that nobody catches.
for _name in ("httptools", "uvloop", "wsproto"):
    with suppress(ImportError):
        import_module(_name)
# Loaded twice, a scenario or a rule has the name of one that there is.
all_scenarios()
all_rules()


@pytest.fixture(scope="module", autouse=True)
def _forgets_what_a_module_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """Traces that one module's tests share take hundreds of megabytes: they go when its tests are over."""
    yield
    for member in vars(request.module).values():
        if getattr(member, "__module__", "") == request.module.__name__ and hasattr(member, "cache_clear"):
            member.cache_clear()
    gc.collect()
