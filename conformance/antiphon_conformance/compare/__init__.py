"""Compares what two targets answered in the same conversations, without any rule: place by place.

`report/compare.py` is another thing: it puts the verdicts of several runs side by side.
"""
