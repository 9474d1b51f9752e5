"""Valid requests are accepted: one rule for each valid form that some server is known to reject."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from antiphon_conformance.http.exchange import Exchange
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.requests.minimal import names
from antiphon_conformance.requests.paths import root
from antiphon_conformance.requests.valid import ValidRequest
from antiphon_conformance.rules.reading.errors import show_error
from antiphon_conformance.rules.rule import EVERY, REJECTION, Finding, add, make, rule, rule_id
from antiphon_conformance.rules.views import AnyReply, ScenarioTrace
from antiphon_conformance.scenarios.answers import keeps_nothing
from antiphon_conformance.scenarios.valid_requests import NULLS
from antiphon_conformance.video_library.valid_requests import KNOWLEDGE_FORMS, library_values

ANSWERS = tuple(
    f"{dialect}#/paths/~1responses/post/responses" for dialect in ("openai", "openresponses", "cloudglue")
)
FIELDS = "openai#/components/schemas/CreateResponse/properties@contract"
NOT_THIS_MODEL = ("unsupported_parameter", "unsupported_value", "unsupported_model")
"""Error codes that are about the model of the request, and not about its form."""


def _form(name: str, cites: str, says: str, where: str, members: str = "input") -> ValidRequest:
    scenario, _, step = where.rpartition("/")
    return ValidRequest(
        name, tuple(cites.split()), says, scenario or "legal_forms", step, frozenset(members.split())
    )


VALID_REQUESTS = (
    _form("a_text_as_input", "REQ-78 BUD-REQ-04", "a string as `input`", "repeat/first"),
    _form(
        "a_list_as_input", "REQ-77 BUD-REQ-04 BUD-REQ-06", "a list of messages as `input`", "repeat/as_list"
    ),
    _form("parts_of_text", "REQ-80", "user messages made of `input_text` parts", "history"),
    _form(
        "text_without_annotations",
        "REQ-80 ITM-28",
        "assistant messages whose `output_text` has no annotations",
        "history",
    ),
    _form("a_system_message", "REQ-79", "a system message before the others", "history"),
    _form("a_developer_message", "REQ-79", "a developer message between other messages", "history"),
    _form(
        "instructions_beside_a_developer_message",
        "REQ-79",
        "`instructions` beside a developer message",
        "history",
        "instructions input",
    ),
    _form("a_phase", "REQ-81 ITM-19", "a `phase` on an assistant message", "history"),
    _form("a_call_without_status", "TOOL-18", "calls without `id` and `status`", "history"),
    _form("a_text_as_tool_output", "TOOL-19", "a string as tool output", "history"),
    _form(
        "functions_that_are_not_nested",
        "REQ-82 REQ-32 BUD-REQ-14",
        "functions that are not nested as in Chat",
        "history",
        "tools",
    ),
    _form("messages_without_type", "REQ-09 BUD-REQ-06", "messages without `type`", "repeat/as_list"),
    _form("a_bare_function", "REQ-32", "functions that have only `type` and `name`", "switches", "tools"),
    _form("a_bare_reference", "STA-26", "an item reference that has only `id`", "chaining/referenced"),
    _form("truncation_auto", "REQ-81", "`truncation: auto`", "switches", "truncation"),
    _form("an_empty_text", f"RES-40 {FIELDS}", "an empty `text`", "switches", "text"),
    _form("nulls", "REQ-96", "null for members that nobody set", "of_an_index", " ".join(NULLS)),
    _form("empty_lists", "REQ-95", "empty `tools` and `include`", "of_an_agent", "tools include"),
    _form(
        "booleans",
        "REQ-81 BUD-REQ-27",
        "`store` and other booleans",
        "switches",
        "store background parallel_tool_calls",
    ),
    _form("full_metadata", "REQ-81 BUD-REQ-27", "16 entries of `metadata`", "switches", "metadata"),
    _form("the_fewest_tokens", "REQ-81", "`max_output_tokens: 16`", "switches", "max_output_tokens"),
    _form("the_tier_auto", "REQ-81", "`service_tier: auto`", "switches", "service_tier"),
    _form(
        "usual_sampling",
        "REQ-81",
        "a `temperature` and a `top_p` of 1",
        "switches",
        "temperature top_p",
    ),
    _form(
        "penalties",
        "REQ-45",
        "`presence_penalty` and `frequency_penalty`",
        "switches",
        "presence_penalty frequency_penalty",
    ),
    _form("nested_functions", "BUD-REQ-14", "functions nested as in Chat", "chat_spellings/nested", "tools"),
    _form(
        "parts_outside_a_message",
        "BUD-REQ-05",
        "text and image parts outside a message",
        "chat_spellings/parts",
    ),
    _form("reasoning_true", "BUD-REQ-12", "`reasoning: true`", "chat_spellings/reasoned", "reasoning"),
    _form("reasoning_false", "BUD-REQ-12", "`reasoning: false`", "chat_spellings/unreasoned", "reasoning"),
    _form("max_tokens", "BUD-REQ-19", "`max_tokens`", "chat_spellings/limited", "max_tokens"),
    _form(
        "a_null_previous_response_id",
        "BUD-REQ-07 BUD-REQ-10",
        "`previous_response_id: null` and `instructions`",
        "chat_spellings/first_turn",
        "previous_response_id instructions",
    ),
    _form("modalities", "BUD-REQ-26", "`modalities`", "chat_spellings/in_text", "modalities"),
    _form("unknown_members", "BUD-GEN-07", "unknown members", "chat_spellings/unknown_member"),
    _form("a_model_in_a_header", "BUD-GEN-06", "the header `x-model-name`", "chat_spellings/routed"),
    _form("stream_null", "TRN-15", "`stream: null`", "switches", "stream"),
    *KNOWLEDGE_FORMS,
)


def _rejects_form(form: ValidRequest, trace: ScenarioTrace) -> bool:
    """Whether an error is about this form: it names the member, or the request tries no other form.

    A server that answers other requests of the conversation, and breaks again at this form alone, cannot read
    it either.
    """
    exchange = _exchange_for(form, trace)
    error = _client_error(exchange)
    if error is None:
        breaks_again = form.alone in trace and exchange.answer.status >= 500
        return breaks_again and any(map(_succeeds, trace.trace.exchanges.values()))
    alone = form.alone in trace or len(_forms(form.scenario, form.step)) == 1
    param = error.get("param")
    return root(param) in form.members if isinstance(param, str) else alone


def _exchange_for(form: ValidRequest, trace: ScenarioTrace) -> Exchange:
    """The exchange that uses this form: the one that uses it alone, where there is one.

    A server that rejects `store: true` has to say in its responses that it keeps nothing.
    """
    to_store = f"{form.step}-to-store"
    if "store" in form.members and to_store in trace and not keeps_nothing(trace[form.step]):
        return trace[to_store]
    return trace[form.alone if form.alone in trace else form.step]


def _succeeds(exchange: Exchange) -> bool:
    return exchange.ok and exchange.request.method == "POST"


def _uses(form: ValidRequest) -> Callable[[ScenarioTrace], bool]:
    """For `when=`: a step uses this form, and the target holds what the form needs."""

    def uses_form(trace: ScenarioTrace) -> bool:
        lacks = names(form.asks) - {*trace.dialect.holds, *library_values(trace.library)}
        return not form.asks or (form.step in trace and not lacks)

    return uses_form


def _forms(scenario: str, step: str) -> list[ValidRequest]:
    return [form for form in VALID_REQUESTS if (form.scenario, form.step) == (scenario, step)]


def _client_error(exchange: Exchange) -> Mapping[str, Any] | None:
    """The error of a 4xx that is not about the model; None when the exchange has no such error."""
    value = exchange.answer.fields.get("error")
    error = value if isinstance(value, dict) else {}
    is_rejection = 400 <= exchange.answer.status < 500 and error.get("code") not in NOT_THIS_MODEL
    return error if is_rejection else None


def _check(form: ValidRequest) -> Callable[[ScenarioTrace], Iterator[Finding]]:
    def check(trace: ScenarioTrace) -> Iterator[Finding]:
        exchange = _exchange_for(form, trace)
        if _rejects_form(form, trace):
            actual = f"{exchange.answer.status}: {show_error(exchange)}"
            expected = f"200, since a request with {form.says} is valid"
            yield Finding("reply.status", expected, actual, exchange.id)

    return check


for _valid in VALID_REQUESTS:
    add(
        make(
            rule_id("requests", f"accepts_{_valid.name}"),
            f"A request with {_valid.says} is accepted.\n\n"
            "Clients send this form; a server that rejects it cannot serve them.",
            ScenarioTrace,
            _check(_valid),
            cites=_valid.cites,
            scenario=_valid.scenario,
            when=_uses(_valid),
            needs=f"a request with {_valid.says}",
        )
    )


def _has_reply(trace: ScenarioTrace) -> bool:
    return any(exchange.reply is not None for exchange in trace.trace.exchanges.values())


@rule(
    "requests.a-create-that-others-depend-on-is-accepted",
    ScenarioTrace,
    scenario=EVERY,
    cites=ANSWERS,
    when=_has_reply,
    needs="an answer",
)
def a_create_that_others_depend_on_is_accepted(trace: ScenarioTrace) -> Iterator[Finding]:
    """A valid create on which the rest of a conversation depends is accepted.

    When it is rejected, the conversation stops, and the other rules on it cannot be tested. Other rules
    judge server errors and requests for stored responses; 403 says who may ask, or about what.
    """
    name, last = next(reversed(list(trace.trace.exchanges.items())), ("", None))
    is_stopped_by_target = (
        trace.trace.stop_step == name and not trace.trace.missing_feature and trace.trace.blame == "target"
    )
    if (
        not is_stopped_by_target
        or last is None
        or last.reply is None
        or last.operation != trace.dialect.create_operation
    ):
        return
    if 400 <= last.reply.status < 500 and last.reply.status != 403:
        yield Finding(
            "reply.status",
            "2xx, since the request is valid",
            f"{last.reply.status}: {show_error(last)}",
            last.id,
        )


def _combines_forms(trace: ScenarioTrace) -> bool:
    steps = trace.trace.exchanges.items()
    return any(exchange.reply and len(_forms(trace.trace.scenario, step)) > 1 for step, exchange in steps)


@rule(
    "requests.valid-forms-may-be-combined",
    ScenarioTrace,
    scenario=EVERY,
    cites=tuple(f"{place}@contract" for place in ANSWERS),
    when=_combines_forms,
    needs="a request in several valid forms",
)
def valid_forms_may_be_combined(trace: ScenarioTrace) -> Iterator[Finding]:
    """A request that combines several valid forms is accepted, or the error names a member.

    When the suite then sends each form alone and one of them is rejected, the rule on that form reports it.
    """
    for step, exchange in trace.trace.exchanges.items():
        forms = _forms(trace.trace.scenario, step)
        error = _client_error(exchange) if exchange.reply else None
        if error is None or len(forms) < 2 or isinstance(error.get("param"), str):
            continue
        if not _is_rejected_alone(forms, trace):
            phrases = ", ".join(form.says for form in forms)
            content = error or exchange.answer.body or exchange.answer.raw.decode(errors="replace")
            actual = f"{exchange.answer.status}: {show(content)}"
            yield Finding(
                "reply.status", f"200, since each of these is valid: {phrases}", actual, exchange.id
            )


def _is_rejected_alone(forms: list[ValidRequest], trace: ScenarioTrace) -> bool:
    """Whether one of the forms is rejected when a request uses it alone."""
    exchanges = (trace[form.alone] for form in forms if form.alone in trace)
    return any(exchange.reply and _client_error(exchange) is not None for exchange in exchanges)


@rule("requests.a-text-is-one-user-message", ScenarioTrace, scenario="repeat", cites="REQ-06")
def a_text_is_one_user_message(trace: ScenarioTrace) -> Iterator[Finding]:
    """A string as `input` costs the same input tokens as one user message with that text.

    The string is short for that message; a server that adds to it answers a different question.
    """
    text, message = (trace[step].response.get("usage") for step in ("first", "as_list"))
    if not isinstance(text, dict) or not isinstance(message, dict):
        return
    if text.get("input_tokens") != message.get("input_tokens"):
        actual = show(message.get("input_tokens", ABSENT))
        yield Finding("as_list.reply.body/usage/input_tokens", show(text.get("input_tokens", ABSENT)), actual)


def _has_empty_input(view: AnyReply) -> bool:
    return view.operation == view.dialect.create_operation and view.request_fields.get("input") == []


@rule(
    "requests.an-empty-list-gets-no-empty-response",
    AnyReply,
    cites="REQ-76",
    when=_has_empty_input,
    needs="a create with an empty list as `input`",
    reads=REJECTION,
)
def an_empty_list_gets_no_empty_response(view: AnyReply) -> Iterator[Finding]:
    """An empty list as `input` is rejected, or the response has some output."""
    if view.exchange.ok and not view.exchange.response.get("output"):
        actual = show(view.exchange.response.get("output", ABSENT))
        yield Finding("reply.body/output", "some output, or a 4xx for the request", actual)


def _forces_a_tool_without_tools(view: AnyReply) -> bool:
    choice = view.request_fields.get("tool_choice")
    return (choice == "required" or isinstance(choice, dict)) and not view.request_fields.get("tools")


@rule(
    "requests.a-forced-choice-without-tools-is-no-server-error",
    AnyReply,
    cites="REQ-36",
    when=_forces_a_tool_without_tools,
    needs="a forced tool choice without tools",
)
def a_forced_choice_without_tools_is_no_server_error(view: AnyReply) -> Iterator[Finding]:
    """A forced `tool_choice` without tools is rejected or ignored; it causes no server error."""
    if view.reply.status >= 500:
        yield Finding("reply.status", "2xx or 4xx", str(view.reply.status))


def _compacts_without_model(view: AnyReply) -> bool:
    return view.operation == "compactResponse" and view.request_fields.get("model") is None


@rule(
    "requests.compaction-without-model-is-rejected",
    AnyReply,
    cites=("ERR-21", "CMP-02"),
    when=_compacts_without_model,
    needs="compaction without a model",
    reads=REJECTION,
)
def compaction_without_model_is_rejected(view: AnyReply) -> Iterator[Finding]:
    """Compaction without `model` is rejected with 400 or 422."""
    if view.reply.status not in (400, 422):
        yield Finding("reply.status", "400 or 422", str(view.reply.status))
