"""The facts about the wire format: dialects, documents, schemas, stream grammars and requirements."""
