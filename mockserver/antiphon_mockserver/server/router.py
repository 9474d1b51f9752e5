"""The routes of one dialect: its document's operations, and those that the server has beside them."""

from __future__ import annotations

from urllib.parse import urlsplit

from antiphon_mockserver.response.plan import ApiError
from antiphon_spec.dialect import Dialect
from antiphon_spec.document import Document, Operation

BASE = "/v1"
"""The usual base path, when the document has no servers."""


class Router:
    """The routes of one dialect's document."""

    def __init__(self, dialect: Dialect) -> None:
        self.document = document = dialect.document
        self.companion = dialect.companion
        servers = document.root.get("servers") or [{"url": BASE}]
        of_document = urlsplit(servers[0]["url"]).path.rstrip("/") or BASE
        self.bases = (*dialect.mock.base_paths, of_document)
        self.base = self.bases[0]
        self._operations = {
            (operation.method, operation.path): operation
            for operation in document.operations.values()
            if "{" not in operation.path
        }

    def below_base(self, path: str) -> str:
        """Returns the path without the base path."""
        base = next((base for base in self.bases if path.startswith(f"{base}/")), "")
        return path[len(base) :]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Returns the operation and its path parameters. Rejects an unknown path (404) or method (405)."""
        if (operation := self._operations.get((method, path))) is not None:
            return operation, {}
        documents = filter(None, (self.document, self.companion))
        routes = (document.match("GET" if method == "HEAD" else method, path) for document in documents)
        if (route := next(filter(None, routes), None)) is not None:
            return route
        methods = self.methods(path)
        if not methods:
            raise ApiError(f"Unknown path: {method} {path[:200]}.", status=404, code="unknown_url")
        headers = {"allow": ", ".join(methods)}
        message = f"{method} is not allowed here; {headers['allow']} is."
        raise ApiError(message, status=405, code="method_not_allowed", headers=headers)

    def document_of(self, operation: Operation) -> Document:
        """Returns the document that has this operation."""
        is_beside = self.companion is not None and operation.id in self.companion.operations
        return self.companion if self.companion is not None and is_beside else self.document

    def methods(self, path: str) -> tuple[str, ...]:
        """Returns the methods of a path; none when the path is unknown."""
        methods = self.document.methods(path) or (self.companion.methods(path) if self.companion else ())
        extra = ("HEAD", "OPTIONS") if "GET" in methods else ("OPTIONS",)
        return (*methods, *extra) if methods else ()
