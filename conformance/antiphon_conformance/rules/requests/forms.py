"""Legal forms that some servers reject although the document has them: one rule for each form.

A scenario sends the form together with others; after a rejection it is sent alone. A model without an ability
may reject pictures and files, and then says so. No model is needed for the forms of `tool_choice`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.requests.paths import root
from antiphon_conformance.requests.signs import attaches, chooses, says_unsupported
from antiphon_conformance.requests.unusual import OTHER_REASONS
from antiphon_conformance.rules.reading.errors import show_error
from antiphon_conformance.rules.reading.output import member
from antiphon_conformance.rules.rule import EVERY, Finding, add, make, rule_id
from antiphon_conformance.rules.views import INVALID, ScenarioTrace
from antiphon_conformance.scenarios.scenario import GENERATED
from antiphon_spec.loading.construction import dataclass


@dataclass(frozen=True, slots=True)
class LegalForm:
    """A form of a create, and how a rejection shows that it is about this form."""

    name: str
    says: str
    cites: tuple[str, ...]
    sign: Callable[[Exchange], bool]
    steps: tuple[str, ...]
    """The ids of the exchanges that send it alone."""
    member: str | None = None
    """The member of the request which an error about this form names; None where others share it."""
    ability: bool = False
    """Whether a model may lack what it asks for."""


NOT_IMPLEMENTED = 501
FORMS = (
    LegalForm(
        "a_named_function",
        "a function named by `tool_choice`",
        ("REQ-91",),
        chooses("function"),
        ("tries/named", "tries/streamed_named"),
        "tool_choice",
    ),
    LegalForm(
        "allowed_tools",
        "`tool_choice` of the type `allowed_tools`",
        ("REQ-92",),
        chooses("allowed_tools"),
        ("tries/allowed",),
        "tool_choice",
    ),
    LegalForm(
        "a_picture",
        "a picture",
        ("REQ-93",),
        attaches("input_image"),
        ("attachments/picture",),
        ability=True,
    ),
    LegalForm(
        "a_file",
        "a file",
        ("REQ-94",),
        attaches("input_file"),
        ("attachments/file",),
        ability=True,
    ),
)


def _is_rejected(form: LegalForm, exchange: Exchange) -> bool:
    """Whether an error is about this form and not about the model or our pace."""
    status = exchange.answer.status
    is_rejection = 400 <= status < 500 or (status == NOT_IMPLEMENTED and not form.ability)
    if not is_rejection or status in OTHER_REASONS or INVALID in exchange.traits:
        return False
    if status != NOT_IMPLEMENTED and says_unsupported(exchange, by_words=form.ability):
        return False
    param = member(exchange.answer.fields, "error", "param")
    names_it = form.member is not None and isinstance(param, str) and root(param) == form.member
    return names_it or exchange.id in form.steps


def _uses(form: LegalForm) -> Callable[[ScenarioTrace], bool]:
    return lambda trace: any(map(form.sign, _creates(trace)))


def _creates(trace: ScenarioTrace) -> Iterator[Exchange]:
    """The creates of a conversation that were answered; generated requests may be wrong in other ways."""
    operation = trace.dialect.create_operation
    steps = () if trace.trace.scenario == GENERATED else trace.trace.exchanges.values()
    return (step for step in steps if step.reply is not None and step.operation == operation)


def _check(form: LegalForm) -> Callable[[ScenarioTrace], Iterator[Finding]]:
    def check(trace: ScenarioTrace) -> Iterator[Finding]:
        for exchange in filter(form.sign, _creates(trace)):
            if _is_rejected(form, exchange):
                actual = f"{exchange.answer.status}: {show_error(exchange)}"
                expected = f"200, since a request with {form.says} is valid"
                yield Finding("reply.status", expected, actual, exchange.id)

    return check


for _form in FORMS:
    add(
        make(
            rule_id("requests", f"accepts_{_form.name}"),
            f"A request with {_form.says} is accepted"
            + (", unless the model takes none." if _form.ability else ".")
            + "\n\nClients send this form; a server that rejects it cannot serve them.",
            ScenarioTrace,
            _check(_form),
            cites=_form.cites,
            scenario=EVERY,
            when=_uses(_form),
            needs=f"a request with {_form.says}",
        )
    )
