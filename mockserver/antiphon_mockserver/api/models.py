"""The models that a create may name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.context import Answer, Request, ServerContext
from antiphon_mockserver.state.clock import EPOCH

OWNER = "antiphon"


def list_models(server: ServerContext, request: Request) -> Answer:
    """Returns the models of `--model`, else those of the dialect.

    Codex, which sends its version, reads `models` instead; an empty list leaves it its own.
    """
    body: dict[str, Any] = {"object": "list", "data": [_describe(name) for name in _names(server)]}
    if "client_version" in request.query:
        body["models"] = []
    return Answer(body=body)


def retrieve(server: ServerContext, request: Request) -> Answer:
    """Returns a model that a create may name. Rejects any other with 404."""
    name = request.parameters["model"]
    served = server.settings.models or (server.dialect.models if server.dialect.mock.listed_models else ())
    if not server.behaviour.access.model_exists(name, served):
        message = f"The model '{name[:128]}' does not exist."
        raise ApiError(message, status=404, param="model", code="model_not_found")
    return Answer(body=_describe(name))


def _names(server: ServerContext) -> Sequence[str]:
    return server.settings.models or server.dialect.models


def _describe(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": EPOCH, "owned_by": OWNER}
