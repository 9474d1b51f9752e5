"""Splits what a person wants of several models into what each of them needs."""

from __future__ import annotations

from dataclasses import replace

from antiphon_conformance.http.address import shown
from antiphon_conformance.options.reading import Setup
from antiphon_conformance.report.models import folder_names


def setups_by_model(setup: Setup) -> dict[str, Setup]:
    """A setup for each model, in the order in which a person named them.

    Each writes into a folder of its own, and its report names the model beside the vendor. A single model, or
    none, keeps the setup as it is; the key is then the name of the model, or "" for that of the dialect.
    """
    if len(setup.models) < 2:
        return {setup.config.model or "": setup}
    folders = folder_names(setup.models)
    name = setup.gate.vendor or shown(setup.config.url)
    return {
        model: replace(
            setup,
            config=replace(setup.config, model=model),
            gate=replace(setup.gate, vendor=f"{name}, {model}"),
            report=setup.report / folders[model] if setup.report else None,
            models=(model,),
        )
        for model in setup.models
    }
