"""The handler of each operation, by operationId. An operation without a handler answers 501."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from antiphon_mockserver.api import (
    chat,
    containers,
    conversations,
    file_batches,
    files,
    library,
    models,
    responses,
    stored_chats,
    uploads,
    vector_stores,
)
from antiphon_mockserver.response.plan import ApiError
from antiphon_mockserver.server.context import Answer, Request, ServerContext, Streaming
from antiphon_spec.document import Operation

Handler = Callable[[ServerContext, Request], Answer | Streaming]

HANDLERS: Mapping[str, Handler] = {
    "createResponse": responses.create,
    "getResponse": responses.retrieve,
    "deleteResponse": responses.delete,
    "cancelResponse": responses.cancel,
    "listInputItems": responses.list_input_items,
    "listResponses": responses.list_responses,
    "createConversation": conversations.create,
    "getConversation": conversations.retrieve,
    "updateConversation": conversations.update,
    "deleteConversation": conversations.delete,
    "createConversationItems": conversations.create_items,
    "listConversationItems": conversations.list_items,
    "getConversationItem": conversations.retrieve_item,
    "deleteConversationItem": conversations.delete_item,
    "listModels": models.list_models,
    "retrieveModel": models.retrieve,
    "createChatCompletion": chat.complete,
    "createCompletion": chat.create,
    "listCompletions": chat.list_completions,
    "getCompletion": chat.retrieve,
    "listCollections": library.list_collections,
    "getCollection": library.get_collection,
    "listCollectionFiles": library.list_collection_files,
    "getCollectionFile": library.get_collection_file,
    "listCollectionEntities": library.list_collection_entities,
    "getFileEntities": library.get_file_entities,
    "listMediaDescriptions": library.list_media_descriptions,
    "getMediaDescription": library.get_media_description,
    "listRichTranscripts": library.list_rich_transcripts,
    "getRichTranscript": library.get_rich_transcript,
    "listFiles": library.list_files,
    "getFile": library.get_file,
    "listFileSegments": library.list_file_segments,
    "getFileSegment": library.get_file_segment,
    "createFile": files.create,
    "listUploads": files.list_files,
    "retrieveFile": files.retrieve,
    "deleteFile": files.delete,
    "downloadFile": files.content,
    "createVectorStore": vector_stores.create,
    "listVectorStores": vector_stores.list_stores,
    "getVectorStore": vector_stores.retrieve,
    "modifyVectorStore": vector_stores.update,
    "deleteVectorStore": vector_stores.delete,
    "searchVectorStore": vector_stores.search,
    "createVectorStoreFile": vector_stores.create_file,
    "listVectorStoreFiles": vector_stores.list_files,
    "getVectorStoreFile": vector_stores.retrieve_file,
    "deleteVectorStoreFile": vector_stores.delete_file,
    "updateVectorStoreFile": vector_stores.update_file,
    "retrieveVectorStoreFileContent": vector_stores.content,
    "createVectorStoreFileBatch": file_batches.create,
    "getVectorStoreFileBatch": file_batches.retrieve,
    "cancelVectorStoreFileBatch": file_batches.retrieve,
    "listFilesInVectorStoreBatch": file_batches.list_files,
    "createUpload": uploads.create,
    "addUploadPart": uploads.add_part,
    "completeUpload": uploads.complete,
    "cancelUpload": uploads.cancel,
    "listChatCompletions": stored_chats.list_chats,
    "getChatCompletion": stored_chats.retrieve,
    "updateChatCompletion": stored_chats.update,
    "deleteChatCompletion": stored_chats.delete,
    "getChatCompletionMessages": stored_chats.list_messages,
    "createContainer": containers.create,
    "listContainers": containers.list_containers,
    "retrieveContainer": containers.retrieve,
    "deleteContainer": containers.delete,
    "createContainerFile": containers.create_file,
    "listContainerFiles": containers.list_files,
    "retrieveContainerFile": containers.retrieve_file,
    "deleteContainerFile": containers.delete_file,
    "retrieveContainerFileContent": containers.content,
    "countInputTokens": responses.count_tokens,
    "compactResponse": responses.compact,
}


def not_implemented(operation: Operation) -> ApiError:
    """The error for an operation of the document without a handler."""
    message = f"The operation '{operation.id}' ({operation.method} {operation.path}) is not implemented."
    return ApiError(message, status=501, code="not_implemented")
