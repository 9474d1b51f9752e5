"""From method and path to the operation of the document, with or without the base path of its server."""

from __future__ import annotations

from urllib.parse import urlsplit

from antiphon_mockserver.plan import Denied
from antiphon_spec.document import Document, Operation

BASE = "/v1"
"""Where clients of such APIs expect the operations when the document does not say."""


class Router:
    """The routes of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        servers = document.root.get("servers") or [{"url": BASE}]
        self.base = urlsplit(servers[0]["url"]).path.rstrip("/") or BASE
        self._fixed = {
            (operation.method, operation.path): operation
            for operation in document.operations.values()
            if "{" not in operation.path
        }

    def below_base(self, path: str) -> str:
        """The path as the document has it."""
        return path[len(self.base) :] if path.startswith(f"{self.base}/") else path

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """The operation and its path parameters. Refuses unknown paths, and other methods than a path has."""
        if (fixed := self._fixed.get((method, path))) is not None:
            return fixed, {}
        found = self.document.match("GET" if method == "HEAD" else method, path)
        if found is not None:
            return found
        allowed = self.allowed(path)
        if not allowed:
            raise Denied(f"Unknown path: {method} {path[:200]}.", status=404, code="unknown_url")
        headers = {"allow": ", ".join(allowed)}
        message = f"{method} is not allowed here; {headers['allow']} is."
        raise Denied(message, status=405, code="method_not_allowed", headers=headers)

    def allowed(self, path: str) -> tuple[str, ...]:
        """The methods that a path takes; none when it is unknown."""
        methods = self.document.methods(path)
        extra = ("HEAD", "OPTIONS") if "GET" in methods else ("OPTIONS",)
        return (*methods, *extra) if methods else ()
