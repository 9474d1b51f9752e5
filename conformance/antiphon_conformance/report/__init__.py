"""Reports: the findings of a run as JSON lines, text, Markdown, HTML, JUnit XML and a badge.

Renderers read a `Report` and nothing else, so a report can be rendered again from its `report.jsonl`.
"""
