"""Reports: what a run found, as JSON lines, text, Markdown, HTML, JUnit XML and a badge.

Renderers see a `Report` and nothing else, so that a report can be rendered again from its `report.jsonl`.
"""
