"""Lists of responses in the mock server: order, pages, days, statuses, and whose responses they are."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from antiphon_mockserver.video_library.library import open_library
from mock_client import AUTHORIZED, BOB, Client, Got

COLLECTION = next(one.id for one in open_library("cooking").collections if one.type == "media-descriptions")
DELETED = {"object": "response", "deleted": True}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def client() -> Client:
    return Client(dialect="cloudglue", world="cooking")


def ask(client: Client, headers: Any = AUTHORIZED, **body: Any) -> Got:
    plain = {"model": "nimbus-001", "input": "Say hello.", "knowledge_base": {"collections": [COLLECTION]}}
    return client.post("/responses", plain | body, headers)


def made(client: Client, number: int, **body: Any) -> list[str]:
    """The ids of so many new responses, the newest first."""
    return [ask(client, **body).json["id"] for _ in range(number)][::-1]


def listed(client: Client, query: str = "", headers: Any = AUTHORIZED) -> Any:
    got = client.get(f"/responses{query}", headers)
    assert got.status == 200, got.raw
    return got.json


def ids(client: Client, query: str = "", headers: Any = AUTHORIZED) -> list[str]:
    return [entry["id"] for entry in listed(client, query, headers)["data"]]


def states(client: Client, query: str = "") -> list[str]:
    return [entry["status"] for entry in listed(client, query)["data"]]


def test_before_anything_is_made_the_list_is_empty(client: Client) -> None:
    assert listed(client) == {"object": "list", "data": [], "total": 0, "limit": 50, "offset": 0}


def test_the_newest_response_comes_first_and_without_what_it_says(client: Client) -> None:
    first, second = ask(client).json, ask(client, instructions="Be brief.").json
    shown = [{name: one[name] for name in one if name not in ("output", "error")} for one in (second, first)]
    assert listed(client)["data"] == shown
    assert [entry["instructions"] for entry in shown] == ["Be brief.", None]


def test_what_is_streamed_and_what_runs_in_the_background_is_listed_too(client: Client) -> None:
    whole = ask(client).json["id"]
    streamed = ask(client, stream=True).events[0]["response"]["id"]
    running = ask(client, background=True).json["id"]
    assert ids(client) == [running, streamed, whole]
    assert states(client) == ["in_progress", "completed", "completed"]


@pytest.mark.parametrize("limit", range(1, 7))
def test_pages_hold_every_response_once(client: Client, limit: int) -> None:
    newest_first = made(client, 5)
    pages = [listed(client, f"?limit={limit}&offset={offset}") for offset in range(0, 5, limit)]
    assert [entry["id"] for page in pages for entry in page["data"]] == newest_first
    assert {(page["total"], page["limit"]) for page in pages} == {(5, limit)}
    assert [page["offset"] for page in pages] == list(range(0, 5, limit))


def test_a_page_behind_the_end_is_empty_and_tells_how_many_there_are(client: Client) -> None:
    made(client, 3)
    wanted = {"object": "list", "data": [], "total": 3, "limit": 2, "offset": 3}
    assert listed(client, "?limit=2&offset=3") == wanted
    assert listed(client, "?limit=2&offset=9999") == wanted | {"offset": 9999}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=1.5",
        "offset=-1",
        "offset=ten",
        "status=queued",
        "status=",
        "created_before=tomorrow",
        "created_before=2026-1-1",
        "created_after=2026-02-30",
        "created_after=2026-01-01T00:00:00Z",
    ],
)
def test_a_query_that_makes_no_sense_is_refused(client: Client, query: str) -> None:
    got = client.get(f"/responses?{query}")
    assert got.status == 400
    assert query.partition("=")[0] in got.error


def test_a_response_changes_its_status_in_the_list_as_it_does_when_it_is_read(client: Client) -> None:
    running, abandoned = (ask(client, background=True).json["id"] for _ in range(2))
    assert states(client) == ["in_progress", "in_progress"]
    assert states(client) == ["in_progress", "in_progress"]  # being listed does not move it on
    read = [client.get(f"/responses/{running}").json["status"] for _ in range(3)]
    assert read == ["in_progress", "completed", "completed"]
    assert client.post(f"/responses/{abandoned}/cancel").json["status"] == "cancelled"
    assert states(client) == ["cancelled", "completed"]
    assert ids(client, "?status=cancelled") == [abandoned]
    assert ids(client, "?status=completed") == [running]
    assert listed(client, "?status=in_progress")["total"] == 0


def test_a_failed_response_is_listed_as_such_without_its_error() -> None:
    failure = {"code": "server_error", "message": "The oven is off."}
    client = Client(dialect="cloudglue", world="cooking", scripts=({"answers": [{"failure": failure}]},))
    failed = ask(client, background=True).json["id"]
    looks = [client.get(f"/responses/{failed}").json for _ in range(2)]
    assert [look["status"] for look in looks] == ["in_progress", "failed"]
    assert looks[-1]["error"] == failure | {"type": "server_error"}
    assert ids(client, "?status=failed") == [failed]
    assert "error" not in listed(client)["data"][0]


def test_what_is_cancelled_too_late_stays_as_it_is(client: Client) -> None:
    whole = ask(client)
    assert client.post(f"/responses/{whole.json['id']}/cancel").raw == whole.raw
    background = ask(client, background=True).json["id"]
    ended = [client.get(f"/responses/{background}") for _ in range(2)][-1]
    assert client.post(f"/responses/{background}/cancel").raw == ended.raw
    assert states(client) == ["completed", "completed"]


def test_a_deletion_leaves_nothing_in_the_list_and_may_be_repeated(client: Client) -> None:
    first, running, last = *made(client, 1), *made(client, 1, background=True), *made(client, 1)
    for id in (running, running, UNKNOWN):
        got = client.send("DELETE", f"/responses/{id}")
        assert (got.status, got.json) == (200, {"id": id, **DELETED})
    assert client.get(f"/responses/{running}").status == 404
    assert client.post(f"/responses/{running}/cancel").status == 404
    assert listed(client)["total"] == 2
    assert ids(client) == [last, first]


def test_a_day_counts_from_its_first_moment(client: Client) -> None:
    """Virtual time stands still at the first moment of 2026, which is neither before nor after that day."""
    (only,) = made(client, 1)
    found = {
        query: ids(client, f"?{query}")
        for query in (
            "created_after=2025-12-31",
            "created_after=2026-01-01",
            "created_before=2026-01-01",
            "created_before=2026-01-02",
            "created_after=2025-12-31&created_before=2026-01-02",
            "created_after=2026-01-01&created_before=2026-01-02",
            "created_after=2025-12-30&created_before=2025-12-31",
        )
    }
    assert [bool(shown) for shown in found.values()] == [True, False, False, True, True, False, False]
    assert [shown for shown in found.values() if shown] == [[only]] * 3


def test_queries_combine(client: Client) -> None:
    completed = made(client, 3)
    made(client, 2, background=True)
    query = "?status=completed&created_after=2025-12-31&limit=2&offset=1"
    assert ids(client, query) == completed[1:]
    assert listed(client, query)["total"] == 3


def test_keys_see_only_their_own(client: Client) -> None:
    mine, theirs = ask(client).json["id"], ask(client, BOB).json["id"]
    assert (ids(client), ids(client, headers=BOB)) == ([mine], [theirs])
    assert client.send("DELETE", f"/responses/{theirs}").status == 200  # as for any id that is not there
    assert ids(client, headers=BOB) == [theirs]


def test_what_was_made_through_one_server_is_listed_by_another(tmp_path: Any) -> None:
    settings = {"dialect": "cloudglue", "world": "cooking", "store": f"sqlite:{tmp_path / 'store.db'}"}
    first = ask(Client(**settings)).json["id"]
    second = ask(Client(**settings), input="Say goodbye.").json["id"]
    assert ids(Client(**settings)) == [second, first]


def test_by_the_wall_clock_a_list_shows_how_far_work_in_the_background_is() -> None:
    client = Client(dialect="cloudglue", world="cooking", clock="real")
    made_today = ask(client, background=True).json
    deadline = time.monotonic() + 15
    while states(client) == ["in_progress"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert states(client) == ["completed"]
    today = datetime.fromtimestamp(made_today["created_at"], UTC)
    yesterday, tomorrow = (f"{today + timedelta(days=days):%Y-%m-%d}" for days in (-1, 1))
    assert ids(client, f"?created_after={yesterday}&created_before={tomorrow}") == [made_today["id"]]
    assert ids(client, f"?created_after={tomorrow}") == ids(client, f"?created_before={yesterday}") == []
