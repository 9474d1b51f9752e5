"""Answers whose response object has one wrong or missing member."""

from __future__ import annotations

from typing import Any

from antiphon_mockserver.mutants import Call, add, mutant
from antiphon_mockserver.mutants.edits import DROPPED, Json, is_response, on_responses, setting
from antiphon_spec.loading.construction import dataclass

SEAM = "body"


@dataclass(frozen=True, slots=True)
class Edit:
    """One member, the wrong value that the mutant gives it, and the rule that notices."""

    name: str
    sentence: str
    path: str
    value: Any
    caught_by: str


WRONG = (
    Edit("calls_the_object_by_another_name",
         "Sends `responses` as the value of `object`.", "object", "responses",
         "response-members.object-is-response"),
    Edit("writes_created_at_as_text", "Writes `created_at` as an ISO date.", "created_at",
         "2026-01-01T00:00:00Z", "response-members.created-at-is-a-time"),
    Edit("writes_completed_at_as_text", "Writes `completed_at` as an ISO date.", "completed_at",
         "2026-01-01T00:00:00Z", "response-members.completed-at-is-a-time-or-null"),
    Edit("names_no_model", "Sends null as `model`.", "model", None, "response-members.model-is-a-string"),
    Edit("sends_null_for_output", "Sends `output` as null.", "output", None,
         "response-members.output-is-an-array"),
    Edit("leaves_out_output",
         "Leaves `output` out of a response.", "output", DROPPED, "response.has-all-members"),
    Edit("leaves_out_the_error", "Leaves `error` out of a response that has none.", "error", DROPPED,
         "response.members-without-a-value-are-null"),
    Edit("reports_no_text", "Sends `text` as null.", "text", None, "response.optional-members-are-not-null"),
    Edit("wraps_instructions", "Wraps `instructions` in an object.", "instructions", {"text": "Be brief."},
         "response-members.instructions-have-a-documented-form"),
    Edit("puts_numbers_into_metadata", "Sends numbers as values of `metadata`.", "metadata", {"turn": 1},
         "response-members.metadata-maps-keys-to-strings"),
    Edit("leaves_tool_choice_empty", "Sends `tool_choice` as an empty string, as Go does when unset.",
         "tool_choice", "", "response-members.tool-choice-has-a-documented-form"),
    Edit("writes_parallel_tool_calls_as_text", "Sends `parallel_tool_calls` as a string.",
         "parallel_tool_calls", "true", "response-members.parallel-tool-calls-is-a-boolean"),
    Edit("writes_temperature_as_text", "Sends `temperature` as a string.", "temperature", "1.0",
         "response-members.temperature-is-a-number"),
    Edit("writes_top_p_as_text", "Sends `top_p` as a string.", "top_p", "1.0",
         "response-members.top-p-is-a-number"),
    Edit("sends_null_for_presence_penalty", "Sends `presence_penalty` as null.", "presence_penalty", None,
         "response-members.presence-penalty-is-a-number"),
    Edit("sends_null_for_frequency_penalty", "Sends `frequency_penalty` as null.", "frequency_penalty", None,
         "response-members.frequency-penalty-is-a-number"),
    Edit("writes_top_logprobs_as_text", "Sends `top_logprobs` as a string.", "top_logprobs", "0",
         "response-members.top-logprobs-is-an-integer"),
    Edit("invents_a_reasoning_effort",
         "Reports the reasoning effort as a number.", "reasoning",
          {"effort": 11, "summary": None}, "response-members.reasoning-has-a-documented-form"),
    Edit("invents_a_text_format", "Reports a text format that the API does not define.", "text",
          {"format": {"type": "xml"}}, "response-members.text-has-a-documented-form"),
    Edit("leaves_truncation_empty", "Sends `truncation` as an empty string, as Go does when unset.",
         "truncation", "", "response-members.truncation-is-auto-or-disabled"),
    Edit("writes_background_as_text", "Sends `background` as a string.", "background", "no",
         "response-members.background-is-a-boolean"),
    Edit("writes_store_as_text", "Sends `store` as a string.", "store", "yes",
         "response-members.store-is-a-boolean"),
    Edit("numbers_its_service_tiers", "Sends `service_tier` as a number.", "service_tier", 1,
         "response-members.service-tier-is-a-documented-tier"),
    Edit("writes_max_output_tokens_as_text", "Sends `max_output_tokens` as a string.", "max_output_tokens",
         "400", "response-members.max-output-tokens-is-an-integer-or-null"),
    Edit("writes_max_tool_calls_as_text", "Sends `max_tool_calls` as a string.", "max_tool_calls", "3",
         "response-members.max-tool-calls-is-an-integer-or-null"),
    Edit("numbers_its_users", "Sends `safety_identifier` as a number.", "safety_identifier", 7,
         "response-members.safety-identifier-is-a-string-or-null"),
    Edit("numbers_its_cache_keys", "Sends `prompt_cache_key` as a number.", "prompt_cache_key", 7,
         "response-members.prompt-cache-key-is-a-string-or-null"),
    Edit("numbers_its_previous_responses", "Sends `previous_response_id` as a number.",
         "previous_response_id", 7, "response-members.previous-response-id-is-a-string-or-null"),
    Edit("sends_an_error_without_a_code", "Sends an `error` without `code` and `message`.", "error",
          {"reason": "unknown"}, "response-members.error-has-code-and-message"),
    Edit("numbers_its_reasons", "Gives the reason of an incomplete response as a number.",
         "incomplete_details.reason", 5, "response-members.incomplete-details-have-a-documented-reason"),
    Edit("leaves_out_the_details_of_usage", "Leaves the details of input and output tokens out of `usage`.",
         "usage", {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8},
         "response-members.usage-has-all-counts"),
    Edit("names_a_conversation_by_its_id_only", "Sends `conversation` as a string.", "conversation",
         "conv_1", "response.matches-the-document"),
    Edit("sends_an_empty_id", "Sends an empty `id`.", "id", "", "response.id-is-a-non-empty-string"),
    Edit("uses_a_bare_uuid", "Sends a bare UUID as the id of the response.", "id",
         "23ba2859-5cbf-4ec8-a5c0-5a7a6d9b1f26", "response.id-has-its-prefix"),
    Edit("gives_every_response_the_same_id", "Gives every response the same id.", "id", "resp_1",
         "response.ids-are-unique"),
    Edit("leaves_out_the_text_format", "Sends `text` without a format.", "text", {},
         "response-members.text-has-a-documented-form"),
)  # fmt: skip

for _wrong in WRONG:
    _spoil = on_responses(setting(_wrong.path, _wrong.value))
    add(SEAM, _wrong.name, _wrong.sentence, _wrong.caught_by, _spoil)


@mutant("body.answers-with-null", caught_by="response.is-an-object")
def answers_with_null(body: Any) -> Any:
    """Answers a create with null, as a server that only knows streams."""
    return None if is_response(body) else body


USUAL = ("id", "object", "created_at", "status", "model", "output", "usage")


@mutant("body.sends-only-the-usual-members", caught_by="response.has-all-members")
def sends_only_the_usual_members(body: Any) -> Any:
    """Sends a response object with only seven members, as a chat server would."""
    return {name: body[name] for name in USUAL} if is_response(body) else body


@mutant("body.leaves-out-what-was-not-asked-for", caught_by="response.has-all-members")
def leaves_out_what_was_not_asked_for(body: Any) -> Any:
    """Leaves out `tool_choice` and `tools` when the request does not set them."""
    if is_response(body) and body.get("tools") == []:
        del body["tools"], body["tool_choice"]
    return body


@mutant("body.echoes-tools-without-a-name", caught_by="response-members.tools-have-all-members")
def echoes_tools_without_a_name(body: Any) -> Any:
    """Leaves `name` out of the tools that it echoes."""
    for tool in body.get("tools") or () if is_response(body) else ():
        tool.pop("name", None)
    return body


@mutant("body.echoes-tools-without-strict", caught_by="response.members-without-a-value-are-null")
def echoes_tools_without_strict(body: Any) -> Any:
    """Leaves `strict` out of the tools that it echoes."""
    for tool in body["tools"] if is_response(body) else ():
        tool.pop("strict", None)
    return body


@mutant("body.counts-time-in-milliseconds", caught_by="response.created-at-is-the-time-of-the-request")
def counts_time_in_milliseconds(body: Any) -> Any:
    """Sends `created_at` in milliseconds."""
    if is_response(body):
        body["created_at"] *= 1000
    return body


@mutant("body.completes-before-it-creates", caught_by="response-status.completed-at-is-not-before-created-at")
def completes_before_it_creates(body: Any) -> Any:
    """Reports a `completed_at` one hour before `created_at`."""
    if is_response(body) and body.get("completed_at") is not None:
        body["completed_at"] = body["created_at"] - 3600
    return body


def _when(*statuses: str, **changes: Any) -> Any:
    """A change of responses with one of these statuses."""

    def change(response: Json, _call: Call) -> None:
        if response["status"] in statuses:
            response.update(changes)

    return on_responses(change)


ENDS = (
    ("answers_before_it_is_done", "Answers a blocking create while the response is in progress.",
     ("response-status.a-blocking-create-returns-an-ended-response",),
     _when("completed", status="in_progress", completed_at=None)),
    ("completes_with_an_error", "Reports an error in a completed response.",
     ("response-status.completed-has-no-error",),
     _when("completed", error={"code": "server_error", "message": "It did not work."})),
    ("ends_incomplete_without_a_reason", "Ends incomplete and leaves `incomplete_details` null.",
     ("response-status.incomplete-has-a-reason",), _when("incomplete", incomplete_details=None)),
    ("gives_a_reason_when_complete", "Sets `incomplete_details` in completed responses.",
     ("response-status.only-incomplete-has-a-reason",),
     _when("completed", incomplete_details={"reason": "max_output_tokens"})),
    ("dates_what_it_did_not_complete", "Sets `completed_at` in responses that are cut or under way.",
     ("response-status.only-completed-has-completed-at",),
     _when("incomplete", "in_progress", "queued", completed_at=1_900_000_000)),
    ("forgets_when_it_completed", "Leaves `completed_at` null in completed responses.",
     ("response-status.completed-has-completed-at",), _when("completed", completed_at=None)),
    ("reports_cut_text_as_completed", "Reports an answer that `max_output_tokens` cut off as completed.",
     ("response-status.a-response-at-the-token-limit-is-incomplete",),
     _when("incomplete", status="completed", incomplete_details=None)),
    ("leaves_out_usage", "Sends null as the usage of a completed response.",
     ("usage.an-ended-response-has-usage",), _when("completed", usage=None)),
)  # fmt: skip

for _name, _sentence, _caught_by, _spoil in ENDS:
    add(SEAM, _name, _sentence, _caught_by, _spoil)


@mutant("body.requires-action", caught_by="response-status.status-is-documented")
def requires_action(body: Any) -> Any:
    """Reports `requires_action` when the output has function calls, as Assistants did."""
    if is_response(body) and any(item["type"] == "function_call" for item in body["output"]):
        body["status"] = "requires_action"
    return body


@mutant("body.waits-for-its-calls", caught_by="response-status.a-response-that-ends-in-calls-is-completed")
def waits_for_its_calls(body: Any) -> Any:
    """Reports a response that ends in function calls as incomplete."""
    if is_response(body) and any(item["type"] == "function_call" for item in body["output"]):
        body.update(status="incomplete", incomplete_details={"reason": "tool_calls"}, completed_at=None)
    return body
