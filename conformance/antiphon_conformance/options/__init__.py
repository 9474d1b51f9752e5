"""The options of a run: one table, from which `antiphon check` and the pytest plugin make theirs."""
