"""The error of an option that cannot be followed."""

from __future__ import annotations

from antiphon_spec.data import DataError


class OptionError(DataError):
    """An option cannot be followed; the message says where, what was expected and what was there."""
