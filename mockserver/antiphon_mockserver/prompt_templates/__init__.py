"""Prompt templates: files describe them, requests name them, variables fill them in.

template.py    templates, their versions, and the registry that finds them
rendering.py   Jinja2, in its sandbox
variables.py   the checks that variables must pass
filling.py     a request that names a template -> the request that the model sees
retries.py     repeats an answer until it satisfies the template's rules
"""
