"""Documents load, resolve citations, and match requests to operations."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon_spec.data import DataError
from antiphon_spec.dialect import load, names
from antiphon_spec.document import Document, load_document, references

OPENAI = load("openai").document
OPENRESPONSES = load("openresponses").document
CLOUDGLUE = load("cloudglue").document


def test_openai_has_the_operations_of_responses_conversations_chats_and_models() -> None:
    assert {
        operation.id: f"{operation.method} {operation.path}" for operation in OPENAI.operations.values()
    } == {
        "createResponse": "POST /responses",
        "getResponse": "GET /responses/{response_id}",
        "deleteResponse": "DELETE /responses/{response_id}",
        "cancelResponse": "POST /responses/{response_id}/cancel",
        "listInputItems": "GET /responses/{response_id}/input_items",
        "countInputTokens": "POST /responses/input_tokens",
        "compactResponse": "POST /responses/compact",
        "createConversation": "POST /conversations",
        "getConversation": "GET /conversations/{conversation_id}",
        "updateConversation": "POST /conversations/{conversation_id}",
        "deleteConversation": "DELETE /conversations/{conversation_id}",
        "createConversationItems": "POST /conversations/{conversation_id}/items",
        "listConversationItems": "GET /conversations/{conversation_id}/items",
        "getConversationItem": "GET /conversations/{conversation_id}/items/{item_id}",
        "deleteConversationItem": "DELETE /conversations/{conversation_id}/items/{item_id}",
        "createChatCompletion": "POST /chat/completions",
        "listModels": "GET /models",
        "retrieveModel": "GET /models/{model}",
    }


def test_open_responses_creates_and_compacts() -> None:
    assert list(OPENRESPONSES.operations) == ["createResponse", "compactResponse"]


def test_amendments_change_the_responses_of_cloudglue_and_never_the_library() -> None:
    operations = CLOUDGLUE.operations.values()
    changing = {
        f"{operation.method} {operation.path}" for operation in operations if operation.method != "GET"
    }
    assert len(operations) == 22
    assert changing == {
        "POST /responses",
        "DELETE /responses/{response_id}",
        "POST /responses/{response_id}/cancel",
        "POST /chat/completions",
    }


@pytest.mark.parametrize(
    ("method", "path", "operation", "values"),
    [
        ("POST", "/responses", "createResponse", {}),
        ("get", "/responses/resp_1?stream=true", "getResponse", {"response_id": "resp_1"}),
        ("GET", "/responses/a%20b", "getResponse", {"response_id": "a b"}),
        ("POST", "/responses/resp_1/cancel", "cancelResponse", {"response_id": "resp_1"}),
        ("POST", "/responses/compact", "compactResponse", {}),
        ("POST", "/responses/input_tokens", "countInputTokens", {}),
    ],
)
def test_a_request_matches_its_operation(
    method: str, path: str, operation: str, values: dict[str, str]
) -> None:
    match = OPENAI.match(method, path)
    assert match is not None
    assert (match[0].id, match[1]) == (operation, values)


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/responses"), ("GET", "/nothing"), ("GET", "/responses/compact"), ("GET", "/responses/a/b/c")],
)
def test_a_request_to_no_operation_matches_none(method: str, path: str) -> None:
    assert OPENAI.match(method, path) is None


def test_a_path_has_methods() -> None:
    assert OPENAI.methods("/responses/resp_1") == ("DELETE", "GET")
    assert OPENAI.methods("/responses/compact") == ("POST",)
    assert OPENAI.methods("/nothing") == ()


def test_parameters_of_path_and_operation_are_joined() -> None:
    parameters = {parameter.name: parameter for parameter in OPENAI.operations["getResponse"].parameters}
    assert list(parameters) == ["response_id", "include", "stream", "starting_after", "include_obfuscation"]
    assert parameters["response_id"].required
    assert parameters["starting_after"].schema == {"type": "integer"}


def test_a_status_finds_its_schema_or_the_default() -> None:
    create = OPENAI.operations["createResponse"]
    assert create.answer_schema("200") == "#/components/schemas/Response"
    assert create.answer_schema("429") == "#/components/schemas/ErrorResponse"
    assert create.stream_schema == "#/components/schemas/ResponseStreamEvent"


def test_a_pointer_goes_through_references() -> None:
    usage = OPENAI.pointer("#/components/schemas/ResponseItemList/properties/data/items/anyOf/0")
    assert usage == {"$ref": "#/components/schemas/InputMessageResource"}


def test_an_error_of_a_broken_pointer_names_the_step() -> None:
    with pytest.raises(LookupError, match=r"#/components/schemas/Nope: nothing is called 'Nope' there"):
        OPENAI.pointer("#/components/schemas/Nope")


@pytest.mark.parametrize("name", names())
def test_every_component_is_used(name: str) -> None:
    document = load(name).document
    uses = {reference.rpartition("/")[2] for _, reference in references(document.root)}
    spare = set(document.schemas) - uses
    assert spare <= {"ImageDetail"}


def test_nested_unions_have_the_members_of_a_union() -> None:
    document = Document(
        {
            "components": {
                "schemas": {
                    "Any": {
                        "anyOf": [{"$ref": "#/components/schemas/One"}, {"$ref": "#/components/schemas/Two"}]
                    },
                    "One": {"type": "string"},
                    "Two": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/One"}]},
                }
            }
        }
    )
    assert list(document.members("#/components/schemas/Any")) == [
        "#/components/schemas/One",
        "#/components/schemas/Two/oneOf/0",
        "#/components/schemas/One",
    ]


def test_a_broken_reference_is_rejected_at_load(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("components: {schemas: {A: {$ref: '#/components/schemas/B'}}}")
    with pytest.raises(DataError, match="nothing is called 'B' there"):
        load_document(tmp_path)


def test_a_schema_defined_twice_is_rejected_at_load(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("x-components: [a.yaml, b.yaml]")
    (tmp_path / "a.yaml").write_text("A: {type: string}")
    (tmp_path / "b.yaml").write_text("A: {type: integer}")
    with pytest.raises(DataError, match=r"b\.yaml: expected schemas defined once, got \['A'\] again"):
        load_document(tmp_path)


def test_the_error_names_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("x-components: [absent.yaml]")
    with pytest.raises(DataError, match=r"absent\.yaml: expected a YAML file, got no such file"):
        load_document(tmp_path)


def test_an_operation_without_an_id_is_rejected() -> None:
    document = Document({"paths": {"/a": {"get": {"responses": {}}}}})
    with pytest.raises(DataError, match="#/paths/~1a/get: expected an operationId, got none"):
        _ = document.operations
