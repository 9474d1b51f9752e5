"""Prompt templates: kept in files, named by requests, filled in with variables.

template.py    what is kept: templates, their versions, and the registry that finds them
rendering.py   Jinja2, in its sandbox
variables.py   what makes variables acceptable
filling.py     a request that names a template -> the request that the model sees
insisting.py   an answer that breaks the template's rules is asked for again
"""
