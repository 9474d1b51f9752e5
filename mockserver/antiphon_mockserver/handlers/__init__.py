"""What carries out each operation, by operationId. An operation of a document that is missing here answers 501."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from antiphon_mockserver.answer import Answer, Incoming, Streaming
from antiphon_mockserver.handlers import counting, responses
from antiphon_mockserver.house import House

Handler = Callable[[House, Incoming], Answer | Streaming]

HANDLERS: Mapping[str, Handler] = {
    "createResponse": responses.create,
    "getResponse": responses.retrieve,
    "deleteResponse": responses.delete,
    "cancelResponse": responses.cancel,
    "listInputItems": responses.list_input_items,
    "countInputTokens": counting.count_tokens,
    "compactResponse": counting.compact,
}
