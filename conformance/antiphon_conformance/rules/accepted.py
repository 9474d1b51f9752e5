"""Legal requests are taken: one rule for each legal form that servers are known to have refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from antiphon_conformance.exchange import Exchange
from antiphon_conformance.form import Form
from antiphon_conformance.forms_knowledge import KNOWLEDGE_FORMS, held
from antiphon_conformance.places import root
from antiphon_conformance.plain import names
from antiphon_conformance.rule import EVERY, Finding, add, make, rule
from antiphon_conformance.subject import Answered, Scene
from antiphon_conformance.text import ABSENT, show

ANSWERS = tuple(
    f"{dialect}#/paths/~1responses/post/responses" for dialect in ("openai", "openresponses", "cloudglue")
)
FIELDS = "openai#/components/schemas/CreateResponse/properties"
NOT_THIS_MODEL = frozenset({"unsupported_parameter", "unsupported_value", "unsupported_model"})
"""Codes that speak of the model that was chosen, and not of the form."""


def _form(name: str, cites: str, says: str, where: str, members: str = "input") -> Form:
    scenario, _, step = where.rpartition("/")
    return Form(name, tuple(cites.split()), says, scenario or "legal_forms", step, frozenset(members.split()))


FORMS = (
    _form("a_text_as_input", "REQ-04 BUD-REQ-04", "a string as `input`", "repeat/first"),
    _form(
        "a_list_as_input", "REQ-04 BUD-REQ-04 BUD-REQ-06", "a list of messages as `input`", "repeat/as_list"
    ),
    _form("parts_of_text", "REQ-10 REQ-11", "user messages made of `input_text` parts", "history"),
    _form(
        "text_without_annotations",
        "REQ-10 REQ-13 ITM-28",
        "assistant messages whose `output_text` has no annotations",
        "history",
    ),
    _form("a_developer_message", "REQ-07", "a developer message in the middle", "history"),
    _form(
        "instructions_beside_a_developer_message",
        "REQ-07",
        "`instructions` beside a developer message",
        "history",
        "instructions input",
    ),
    _form("a_phase", "REQ-27 ITM-19", "a `phase` on an assistant message", "history"),
    _form("a_call_without_status", "REQ-18 TOOL-18", "calls without `id` and `status`", "history"),
    _form("a_text_as_tool_output", "REQ-19 TOOL-19", "a string as tool output", "history"),
    _form("flat_functions", "REQ-31 REQ-32 BUD-REQ-14", "functions that are not nested", "history", "tools"),
    _form("the_short_form", "REQ-09 BUD-REQ-06", "messages without `type`", "repeat/as_list"),
    _form("a_bare_function", "REQ-32", "functions of only `type` and `name`", "switches", "tools"),
    _form(
        "a_bare_reference", "REQ-24 STA-26", "an item's `id` alone as reference to it", "chaining/referenced"
    ),
    _form("truncation_auto", "REQ-54", "`truncation: auto`", "switches", "truncation"),
    _form("an_empty_text", f"RES-40 {FIELDS}", "an empty `text`", "switches", "text"),
    _form("plain_booleans", "REQ-65", "booleans", "switches", "store background parallel_tool_calls"),
    _form("full_metadata", "REQ-39 REQ-40", "16 entries of `metadata`", "switches", "metadata"),
    _form("the_fewest_tokens", "REQ-46", "16 `max_output_tokens`", "switches", "max_output_tokens"),
    _form("the_tier_auto", "REQ-52 REQ-53", "`service_tier: auto`", "switches", "service_tier"),
    _form(
        "usual_sampling",
        "REQ-42 REQ-43",
        "a `temperature` and a `top_p` of 1",
        "switches",
        "temperature top_p",
    ),
    _form("penalties", "REQ-45", "penalties", "switches", "presence_penalty frequency_penalty"),
    _form("nested_functions", "BUD-REQ-14", "functions nested as in Chat", "chat_spellings/nested", "tools"),
    _form("bare_parts", "BUD-REQ-05", "parts of text and image without a message", "chat_spellings/parts"),
    _form("reasoning_true", "BUD-REQ-12", "`reasoning: true`", "chat_spellings/reasoned", "reasoning"),
    _form("reasoning_false", "BUD-REQ-12", "`reasoning: false`", "chat_spellings/unreasoned", "reasoning"),
    _form("max_tokens", "BUD-REQ-19", "`max_tokens`", "chat_spellings/limited", "max_tokens"),
    _form(
        "a_null_chain",
        "BUD-REQ-07 BUD-REQ-10",
        "`previous_response_id: null`, and instructions",
        "chat_spellings/first_turn",
        "previous_response_id instructions",
    ),
    _form("modalities", "BUD-REQ-22", "`modalities`", "chat_spellings/in_text", "modalities"),
    _form("unknown_members", "BUD-GEN-07", "members that nobody knows", "chat_spellings/unknown_member"),
    _form("a_model_in_a_header", "BUD-GEN-06", "the header `x-model-name`", "chat_spellings/routed"),
    _form("stream_null", "TRN-15", "`stream: null`", "switches", "stream"),
    *KNOWLEDGE_FORMS,
)


def _refused_for(form: Form, scene: Scene) -> bool:
    """Whether a refusal is for this form: it names the member, or nothing else in the request is tried."""
    told = _refusal(_tried(form, scene))
    if told is None:
        return False
    param = told.get("param")
    alone = form.alone in scene or len(_forms(form.scenario, form.step)) == 1
    return root(param) in form.members if isinstance(param, str) else alone


def _tried(form: Form, scene: Scene) -> Exchange:
    """The request that tries this form, if need be alone."""
    return scene[form.alone if form.alone in scene else form.step]


def _was_tried(form: Form) -> Callable[[Scene], bool]:
    """Whether a step uses this form, which may need something that the target does not hold."""

    def tried(scene: Scene) -> bool:
        lacking = names(form.asks) - {*scene.dialect.holds, *held(scene.library)}
        return not form.asks or (form.step in scene and not lacking)

    return tried


def _forms(scenario: str, step: str) -> list[Form]:
    return [form for form in FORMS if (form.scenario, form.step) == (scenario, step)]


def _refusal(exchange: Exchange) -> Mapping[str, Any] | None:
    """The error of a refusal that is not about the model; None when there was none."""
    error = exchange.answer.fields.get("error")
    told = error if isinstance(error, dict) else {}
    refused = 400 <= exchange.answer.status < 500 and told.get("code") not in NOT_THIS_MODEL
    return told if refused else None


def _check(form: Form) -> Callable[[Scene], Iterator[Finding]]:
    def check(scene: Scene) -> Iterator[Finding]:
        exchange = _tried(form, scene)
        if _refused_for(form, scene):
            got = f"{exchange.answer.status}: {show(exchange.answer.fields.get('error'))}"
            yield Finding("reply.status", f"200, as {form.says} is legal", got, exchange.id)

    return check


for _legal in FORMS:
    add(
        make(
            "accepted",
            f"takes_{_legal.name}",
            f"A request with {_legal.says} is taken.\n\n"
            "Clients send this form; a server that refuses it refuses them.",
            Scene,
            _check(_legal),
            cites=_legal.cites,
            scenario=_legal.scenario,
            when=_was_tried(_legal),
            needs=f"a request with {_legal.says}",
        )
    )


def _was_answered(scene: Scene) -> bool:
    return any(exchange.reply is not None for exchange in scene.episode.exchanges.values())


@rule(Scene, scenario=EVERY, cites=ANSWERS, when=_was_answered, needs="an answer")
def what_a_conversation_needs_is_answered(scene: Scene) -> Iterator[Finding]:
    """A legal request on which the rest of a conversation depends is answered, not refused.

    What the conversation was to show cannot be judged: its other rules are untestable. Server errors, and
    what is asked of stored responses, have rules of their own.
    """
    episode = scene.episode
    last = next(reversed(list(episode.exchanges.values())), None)
    over = episode.stop_reason and not episode.missing_feature and episode.blame == "target"
    if not over or last is None or last.reply is None or last.operation != scene.dialect.create_operation:
        return
    if 400 <= last.reply.status < 500:
        got = f"{last.reply.status}: {show(last.reply.fields.get('error', last.reply.body))}"
        yield Finding("reply.status", "2xx, since the request is legal", got, last.id)


def _tries_forms_together(scene: Scene) -> bool:
    steps = scene.episode.exchanges.items()
    return any(found.reply and len(_forms(scene.episode.scenario, step)) > 1 for step, found in steps)


@rule(
    Scene, scenario=EVERY, cites=ANSWERS, when=_tries_forms_together, needs="a request in several legal forms"
)
def forms_are_taken_together(scene: Scene) -> Iterator[Finding]:
    """A request that tries several legal forms at once is answered, or its refusal names the member.

    Where each is tried alone afterwards, the one that is refused is reported instead.
    """
    for step, exchange in scene.episode.exchanges.items():
        forms, told = _forms(scene.episode.scenario, step), _refusal(exchange) if exchange.reply else None
        named = told is not None and isinstance(told.get("param"), str)
        if told is not None and len(forms) > 1 and not named and not _is_one_refused(forms, scene):
            tried = ", ".join(form.says for form in forms)
            said = told or exchange.answer.body or exchange.answer.raw.decode(errors="replace")
            got = f"{exchange.answer.status}: {show(said)}"
            yield Finding("reply.status", f"200, since all of it is legal: {tried}", got, exchange.id)


def _is_one_refused(forms: list[Form], scene: Scene) -> bool:
    alone = (scene[form.alone] for form in forms if form.alone in scene)
    return any(exchange.reply and _refusal(exchange) is not None for exchange in alone)


@rule(Scene, scenario="repeat", cites="REQ-06")
def a_text_is_one_user_message(scene: Scene) -> Iterator[Finding]:
    """A string as `input` means exactly one user message with that text: it costs the same input tokens."""
    text, message = (scene[step].response.get("usage") for step in ("first", "as_list"))
    if not isinstance(text, dict) or not isinstance(message, dict):
        return
    if text.get("input_tokens") != message.get("input_tokens"):
        got = show(message.get("input_tokens", ABSENT))
        yield Finding("as_list.reply.body/usage/input_tokens", show(text.get("input_tokens", ABSENT)), got)


def _asks_nothing(answered: Answered) -> bool:
    return answered.operation == answered.dialect.create_operation and answered.asked.get("input") == []


@rule(Answered, cites="REQ-76", when=_asks_nothing, needs="a create with an empty list as `input`")
def an_empty_list_is_not_answered_with_nothing(answered: Answered) -> Iterator[Finding]:
    """An empty list as `input` is refused, or answered: it is no completed response with nothing in it."""
    if answered.exchange.ok and not answered.exchange.response.get("output"):
        got = show(answered.exchange.response.get("output", ABSENT))
        yield Finding("reply.body/output", "a refusal, or some output", got)


def _chooses_from_nothing(answered: Answered) -> bool:
    choice = answered.asked.get("tool_choice")
    return (choice == "required" or isinstance(choice, dict)) and not answered.asked.get("tools")


@rule(Answered, cites="REQ-36", when=_chooses_from_nothing, needs="a forced tool choice without tools")
def a_choice_from_no_tools_is_no_crash(answered: Answered) -> Iterator[Finding]:
    """A forced `tool_choice` without tools is refused, or answered, but does not crash the server."""
    if answered.reply.status >= 500:
        yield Finding("reply.status", "4xx, or an answer", str(answered.reply.status))


def _compacts_with_no_model(answered: Answered) -> bool:
    return answered.operation == "compactResponse" and answered.asked.get("model") is None


@rule(Answered, cites=("ERR-21", "CMP-02"), when=_compacts_with_no_model, needs="compaction without a model")
def compaction_without_model_is_a_bad_request(answered: Answered) -> Iterator[Finding]:
    """Compaction without `model` is refused with 400 or 422."""
    if answered.reply.status not in (400, 422):
        yield Finding("reply.status", "400 or 422", str(answered.reply.status))
