"""The commands of `antiphon`, a module each; `main.py` imports one when it is called."""
