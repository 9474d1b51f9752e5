"""What the settings of a server change in its answers: variations and mutants, by seam."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from antiphon_mockserver.mutants import SEAMS, Mutant, all_mutants
from antiphon_mockserver.server.sender import NO_CALL, Changes
from antiphon_mockserver.settings import SettingError, Settings
from antiphon_mockserver.variations import Serve, Variation, all_variations
from antiphon_spec.data import nearest
from antiphon_spec.dialect import Dialect
from antiphon_spec.renamed import current_mutant


def select_changes(settings: Settings) -> Changes:
    """What the variations and the mutants of the settings change, by seam; the mutants come last.

    Raises ValueError for an unknown id.
    """
    mutants = select_mutants(settings.mutants)
    variations = select_variations(settings.variations)
    return {
        seam: (
            *(variation.changes[seam] for variation in variations if seam in variation.changes),
            *(mutant.mutate for mutant in mutants[seam]),
        )
        for seam in SEAMS
    }


def wrap(serve: Serve, variation_ids: Sequence[str]) -> Serve:
    """The function that answers requests, as the variations of the seam `wire` change it."""
    for variation in select_variations(variation_ids):
        if "wire" in variation.changes:
            serve = variation.changes["wire"](serve, NO_CALL)
    return serve


def select_variations(variation_ids: Sequence[str]) -> tuple[Variation, ...]:
    """The variations with these ids. Raises ValueError for an unknown id."""
    variations = all_variations() if variation_ids else {}
    for variation_id in variation_ids:
        if variation_id not in variations:
            actual = nearest(variation_id, variations)
            raise SettingError("variations", "the id of a variation", actual)
    return tuple(variations[variation_id] for variation_id in variation_ids)


def select_mutants(mutant_ids: Sequence[str]) -> Mapping[str, tuple[Mutant, ...]]:
    """The mutants with these ids, current or old, by seam. Raises ValueError for an unknown id."""
    mutants = all_mutants() if mutant_ids else {}
    for mutant_id in mutant_ids:
        if current_mutant(mutant_id) not in mutants:
            raise SettingError("mutants", "the id of a mutant", nearest(mutant_id, mutants))
    selection = [mutants[current_mutant(mutant_id)] for mutant_id in mutant_ids]
    return {seam: tuple(mutant for mutant in selection if mutant.seam == seam) for seam in SEAMS}


def reject_unused(settings: Settings, dialect: Dialect) -> None:
    """Raises SettingError for a setting that the dialect has no use for."""
    uses = (
        ("world", "a dialect with a video library", dialect.traits.knowledge),
        ("readings", "a dialect with a video library", dialect.traits.knowledge),
        ("prompts", "a dialect with prompts", dialect.mock.prompts or dialect.mock.reusable_prompts),
        ("webhooks", "a dialect with webhooks (openai)", dialect.mock.webhooks),
    )
    for setting, expected, is_used in uses:
        if getattr(settings, setting) and not is_used:
            raise SettingError(setting, expected, dialect.name)
