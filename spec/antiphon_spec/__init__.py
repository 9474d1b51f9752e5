"""What is true of the wire: dialects, documents, schemas, stream grammars and requirements."""
