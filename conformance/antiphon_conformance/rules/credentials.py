"""Who may come in: requests without credentials, with wrong ones, and with right ones in another spelling."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.probes import WRONG_KEY
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import Scene
from antiphon_conformance.text import show


@rule(Scene, scenario="credentials", cites="TRN-03")
def the_scheme_is_matched_in_any_case(scene: Scene) -> Iterator[Finding]:
    """The authentication scheme is matched without regard to case: `bearer` is as good as `Bearer`."""
    status = scene["lower_case_scheme"].answer.status
    if status >= 300:
        yield Finding("lower_case_scheme.reply.status", "200, as the key is right", str(status))


@rule(Scene, scenario="credentials", cites="CG-GEN-01")
def nothing_is_served_without_a_key(scene: Scene) -> Iterator[Finding]:
    """A request without credentials is not served, whatever it asks for."""
    for step in ("no_credentials", "empty_key", "listed_without_key"):
        if scene[step].ok:
            yield Finding(f"{step}.reply.status", "a refusal", str(scene[step].answer.status))


@rule(Scene, scenario="credentials", cites=("TRN-03", "TRN-04", "CG-GEN-02"))
def a_missing_credential_is_401(scene: Scene) -> Iterator[Finding]:
    """A request without credentials, or with malformed ones, is answered 401 with a JSON error."""
    for step in ("no_credentials", "empty_key"):
        yield from _unauthorised(scene, step)


@rule(Scene, scenario="credentials", cites=("TRN-05", "CG-GEN-02"))
def a_wrong_key_is_401(scene: Scene) -> Iterator[Finding]:
    """A well-formed but wrong key is answered 401, where errors have codes with `invalid_api_key`."""
    yield from _unauthorised(scene, "wrong_key")
    error, coded = scene["wrong_key"].answer.fields.get("error"), _has_members(scene)
    code = error.get("code") if isinstance(error, dict) else None
    if coded and scene["wrong_key"].answer.status == 401 and code != "invalid_api_key":
        yield Finding("wrong_key.reply.body/error/code", "invalid_api_key", show(code))


@rule(Scene, scenario="credentials", cites=("TRN-05", "ERR-10"))
def a_wrong_key_is_not_told_in_full(scene: Scene) -> Iterator[Finding]:
    """The answer to a wrong key does not repeat the whole key.

    Errors end up in logs that more people read than may know the key: it is often right but for a letter.
    """
    if WRONG_KEY.encode() in scene["wrong_key"].answer.raw:
        yield Finding("wrong_key.reply.body", "the key left out, or masked", "the whole key")


def _unauthorised(scene: Scene, step: str) -> Iterator[Finding]:
    reply = scene[step].answer
    if reply.status != 401:
        yield Finding(f"{step}.reply.status", "401", str(reply.status))
    elif not isinstance(reply.fields.get("error"), dict if _has_members(scene) else str):
        yield Finding(f"{step}.reply.body", "an object with `error`", show(reply.body))


def _has_members(scene: Scene) -> bool:
    """Whether errors are objects in this dialect."""
    return scene.dialect.traits.error_envelope == "object"
