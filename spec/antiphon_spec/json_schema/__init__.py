"""JSON Schema beyond validation: explanations, faults, samples, unknown members, drift."""
