"""Stub while the rest is written."""
from antiphon_mockserver.plan import Context, Item
from antiphon_mockserver.model.reading import Reading
def calls(context: Context, reading: Reading) -> list[Item]:
    return []
