"""Finds the operation of a method and a path, with or without the base path of the document's server."""

from __future__ import annotations

from urllib.parse import urlsplit

from antiphon_mockserver.response.plan import ApiError
from antiphon_spec.document import Document, Operation

BASE = "/v1"
"""The usual base path, when the document has no servers."""


class Router:
    """The routes of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        servers = document.root.get("servers") or [{"url": BASE}]
        self.base = urlsplit(servers[0]["url"]).path.rstrip("/") or BASE
        self._operations = {
            (operation.method, operation.path): operation
            for operation in document.operations.values()
            if "{" not in operation.path
        }

    def below_base(self, path: str) -> str:
        """Returns the path without the base path."""
        return path[len(self.base) :] if path.startswith(f"{self.base}/") else path

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Returns the operation and its path parameters. Rejects an unknown path (404) or method (405)."""
        if (operation := self._operations.get((method, path))) is not None:
            return operation, {}
        route = self.document.match("GET" if method == "HEAD" else method, path)
        if route is not None:
            return route
        methods = self.methods(path)
        if not methods:
            raise ApiError(f"Unknown path: {method} {path[:200]}.", status=404, code="unknown_url")
        headers = {"allow": ", ".join(methods)}
        message = f"{method} is not allowed here; {headers['allow']} is."
        raise ApiError(message, status=405, code="method_not_allowed", headers=headers)

    def methods(self, path: str) -> tuple[str, ...]:
        """Returns the methods of a path; none when the path is unknown."""
        methods = self.document.methods(path)
        extra = ("HEAD", "OPTIONS") if "GET" in methods else ("OPTIONS",)
        return (*methods, *extra) if methods else ()
