"""A scenario: a named conversation that yields a Trace and never judges.

    @scenario(features=("retrieve",))
    async def retrieve(conversation: Conversation) -> None:
        \"\"\"Creates a response and reads it back.\"\"\"
        created = await conversation.create("created", input="Say hello.")
        await conversation.get("retrieved", f"/responses/{conversation.id_of(created)}")

A scenario must work with a real model: it asks for kinds of answers, never for exact text. It runs for the
dialects that know all its features; without an optional feature of the target it ends as unsupported.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from inspect import cleandoc

from antiphon_conformance.scenarios.conversation import Conversation
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.loading.discovery import import_all, import_extensions

ScenarioFunction = Callable[[Conversation], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named conversation."""

    name: str
    summary: str
    run: ScenarioFunction
    features: tuple[str, ...] = ()
    """The features that the target must offer; the dialect says which of them are optional."""
    dialect: str | None = None
    """The dialect in whose lineage the scenario makes sense; None for any."""
    from_table: bool = False
    """Whether its requests come from a table; the user can switch those off."""
    first: bool = False
    """Whether it runs before all others, which may use its trace."""
    last: bool = False
    """Whether it runs after all others, which would change what it tests."""
    risky: bool = False
    """Whether it runs alone, after those: its requests have stopped servers. No step needs another one."""
    heavy: bool = False
    """Whether it runs alone, at the very end: its requests are heavy. No step needs another one."""

    def fits(self, dialect: Dialect) -> bool:
        """Whether the dialect has all features of this scenario, and is of its lineage."""
        has_features = all(feature in dialect.features for feature in self.features)
        return has_features and (self.dialect is None or self.dialect in dialect.lineage)


GENERATED = "generated"
"""The name of the trace of generated requests, which no scenario makes."""
ROOMS = (
    "antiphon_conformance.scenarios",
    "antiphon_conformance.video_library.scenarios",
    "antiphon_conformance.prompt_templates.scenarios",
)
"""The packages whose modules register scenarios."""
EXTENSIONS = "antiphon.scenarios"
"""The group of entry points that name modules of others with scenarios."""

REGISTRY: dict[str, Scenario] = {}


def scenario(
    *,
    features: tuple[str, ...] = (),
    dialect: str | None = None,
    from_table: bool = False,
    first: bool = False,
    last: bool = False,
    risky: bool = False,
    heavy: bool = False,
) -> Callable[[ScenarioFunction], ScenarioFunction]:
    """Registers a coroutine function as the scenario of its name.

    Raises ValueError when another scenario has the name or when the docstring is missing.
    """

    def register(run: ScenarioFunction) -> ScenarioFunction:
        name = getattr(run, "__name__", "")
        summary = cleandoc(run.__doc__ or "").partition("\n")[0]
        if name in REGISTRY or not summary:
            raise ValueError(f"scenario {name}: expected a unique name and a docstring")
        REGISTRY[name] = Scenario(
            name, summary, run, features, dialect, from_table, first, last, risky, heavy
        )
        return run

    return register


def all_scenarios() -> Mapping[str, Scenario]:
    """Every scenario by name, in order. Imports each module with scenarios once, ours and those of others.

    Raises ExtensionError when a module of others is broken.
    """
    import_all(ROOMS)
    import_extensions(EXTENSIONS)
    return dict(sorted(REGISTRY.items()))


def scenarios_for(dialect: Dialect) -> Mapping[str, Scenario]:
    """The scenarios that make sense in `dialect`, by name."""
    return {name: entry for name, entry in all_scenarios().items() if entry.fits(dialect)}
