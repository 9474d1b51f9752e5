"""One response: its plan, its final object, its events in time, its ids."""
