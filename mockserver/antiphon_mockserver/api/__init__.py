"""The handler of each operation, by operationId. An operation without a handler answers 501.

Most servers answer creates only: the modules of other operations come with their first request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from antiphon_mockserver.api import responses
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.context import Answer, Request, ServerContext, Streaming
from antiphon_spec.document import Operation
from antiphon_spec.loading.late import late_function

Handler = Callable[[ServerContext, Request], Answer | Streaming]

LATE: Mapping[str, Mapping[str, str]] = {
    "conversations": {
        "createConversation": "create",
        "getConversation": "retrieve",
        "updateConversation": "update",
        "deleteConversation": "delete",
        "createConversationItems": "create_items",
        "listConversationItems": "list_items",
        "getConversationItem": "retrieve_item",
        "deleteConversationItem": "delete_item",
    },
    "models": {
        "listModels": "list_models",
        "retrieveModel": "retrieve",
    },
    "chat": {
        "createChatCompletion": "complete",
        "createCompletion": "create",
        "listCompletions": "list_completions",
        "getCompletion": "retrieve",
    },
    "library": {
        "listCollections": "list_collections",
        "getCollection": "get_collection",
        "listCollectionFiles": "list_collection_files",
        "getCollectionFile": "get_collection_file",
        "listCollectionEntities": "list_collection_entities",
        "getFileEntities": "get_file_entities",
        "listMediaDescriptions": "list_media_descriptions",
        "getMediaDescription": "get_media_description",
        "listRichTranscripts": "list_rich_transcripts",
        "getRichTranscript": "get_rich_transcript",
        "listFiles": "list_files",
        "getFile": "get_file",
        "listFileSegments": "list_file_segments",
        "getFileSegment": "get_file_segment",
    },
    "files": {
        "createFile": "create",
        "listUploads": "list_files",
        "retrieveFile": "retrieve",
        "deleteFile": "delete",
        "downloadFile": "content",
    },
    "vector_stores": {
        "createVectorStore": "create",
        "listVectorStores": "list_stores",
        "getVectorStore": "retrieve",
        "modifyVectorStore": "update",
        "deleteVectorStore": "delete",
        "searchVectorStore": "search",
        "createVectorStoreFile": "create_file",
        "listVectorStoreFiles": "list_files",
        "getVectorStoreFile": "retrieve_file",
        "deleteVectorStoreFile": "delete_file",
        "updateVectorStoreFile": "update_file",
        "retrieveVectorStoreFileContent": "content",
    },
    "file_batches": {
        "createVectorStoreFileBatch": "create",
        "getVectorStoreFileBatch": "retrieve",
        "cancelVectorStoreFileBatch": "retrieve",
        "listFilesInVectorStoreBatch": "list_files",
    },
    "uploads": {
        "createUpload": "create",
        "addUploadPart": "add_part",
        "completeUpload": "complete",
        "cancelUpload": "cancel",
    },
    "stored_chats": {
        "listChatCompletions": "list_chats",
        "getChatCompletion": "retrieve",
        "updateChatCompletion": "update",
        "deleteChatCompletion": "delete",
        "getChatCompletionMessages": "list_messages",
    },
    "containers": {
        "createContainer": "create",
        "listContainers": "list_containers",
        "retrieveContainer": "retrieve",
        "deleteContainer": "delete",
        "createContainerFile": "create_file",
        "listContainerFiles": "list_files",
        "retrieveContainerFile": "retrieve_file",
        "deleteContainerFile": "delete_file",
        "retrieveContainerFileContent": "content",
    },
}
"""Their functions by operationId, by module."""

HANDLERS: Mapping[str, Handler] = {
    "createResponse": responses.create,
    "getResponse": responses.retrieve,
    "deleteResponse": responses.delete,
    "cancelResponse": responses.cancel,
    "listInputItems": responses.list_input_items,
    "listResponses": responses.list_responses,
    "countInputTokens": responses.count_tokens,
    "compactResponse": responses.compact,
    **{
        operation: late_function(f"{__name__}.{module}", function)
        for module, functions in LATE.items()
        for operation, function in functions.items()
    },
}


def not_implemented(operation: Operation) -> ApiError:
    """The error for an operation of the document without a handler."""
    message = f"The operation '{operation.id}' ({operation.method} {operation.path}) is not implemented."
    return ApiError(message, status=501, code="not_implemented")
