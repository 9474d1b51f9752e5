"""Lists of responses in the mock server: order, pages, days, statuses, and keys."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from antiphon_mockserver.video_library.library import open_library
from mock_client import AUTHORIZED, BOB, Client, Reply

COLLECTION = next(
    collection.id
    for collection in open_library("cooking").collections
    if collection.type == "media-descriptions"
)
DELETED = {"object": "response", "deleted": True}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def client() -> Client:
    return Client(dialect="cloudglue", world="cooking")


def ask(client: Client, headers: Any = AUTHORIZED, **body: Any) -> Reply:
    plain = {"model": "nimbus-001", "input": "Say hello.", "knowledge_base": {"collections": [COLLECTION]}}
    return client.post("/responses", plain | body, headers)


def create_many(client: Client, number: int, **body: Any) -> list[str]:
    """The ids of so many new responses, the newest first."""
    return [ask(client, **body).json["id"] for _ in range(number)][::-1]


def list_page(client: Client, query: str = "", headers: Any = AUTHORIZED) -> Any:
    reply = client.get(f"/responses{query}", headers)
    assert reply.status == 200, reply.raw
    return reply.json


def ids(client: Client, query: str = "", headers: Any = AUTHORIZED) -> list[str]:
    return [entry["id"] for entry in list_page(client, query, headers)["data"]]


def states(client: Client, query: str = "") -> list[str]:
    return [entry["status"] for entry in list_page(client, query)["data"]]


def test_a_new_server_has_an_empty_list(client: Client) -> None:
    assert list_page(client) == {"object": "list", "data": [], "total": 0, "limit": 50, "offset": 0}


def test_the_newest_response_is_listed_first_without_its_output(client: Client) -> None:
    first, second = ask(client).json, ask(client, instructions="Be brief.").json
    entries = [
        {name: response[name] for name in response if name not in ("output", "error")}
        for response in (second, first)
    ]
    assert list_page(client)["data"] == entries
    assert [entry["instructions"] for entry in entries] == ["Be brief.", None]


def test_streamed_and_background_responses_are_listed(client: Client) -> None:
    whole = ask(client).json["id"]
    streamed_id = ask(client, stream=True).events[0]["response"]["id"]
    running = ask(client, background=True).json["id"]
    assert ids(client) == [running, streamed_id, whole]
    assert states(client) == ["in_progress", "completed", "completed"]


@pytest.mark.parametrize("limit", range(1, 7))
def test_pages_hold_every_response_once(client: Client, limit: int) -> None:
    newest_first = create_many(client, 5)
    pages = [list_page(client, f"?limit={limit}&offset={offset}") for offset in range(0, 5, limit)]
    assert [entry["id"] for page in pages for entry in page["data"]] == newest_first
    assert {(page["total"], page["limit"]) for page in pages} == {(5, limit)}
    assert [page["offset"] for page in pages] == list(range(0, 5, limit))


def test_a_page_beyond_the_end_is_empty_and_has_the_total(client: Client) -> None:
    create_many(client, 3)
    empty_page = {"object": "list", "data": [], "total": 3, "limit": 2, "offset": 3}
    assert list_page(client, "?limit=2&offset=3") == empty_page
    assert list_page(client, "?limit=2&offset=9999") == empty_page | {"offset": 9999}


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
def test_an_invalid_query_is_rejected(client: Client, query: str) -> None:
    reply = client.get(f"/responses?{query}")
    assert reply.status == 400
    assert query.partition("=")[0] in reply.error


def test_a_response_changes_its_status_in_the_list_as_it_does_when_it_is_read(client: Client) -> None:
    running, second_id = (ask(client, background=True).json["id"] for _ in range(2))
    assert states(client) == ["in_progress", "in_progress"]
    assert states(client) == ["in_progress", "in_progress"]  # being listed does not move it on
    read = [client.get(f"/responses/{running}").json["status"] for _ in range(3)]
    assert read == ["in_progress", "completed", "completed"]
    assert client.post(f"/responses/{second_id}/cancel").json["status"] == "cancelled"
    assert states(client) == ["cancelled", "completed"]
    assert ids(client, "?status=cancelled") == [second_id]
    assert ids(client, "?status=completed") == [running]
    assert list_page(client, "?status=in_progress")["total"] == 0


def test_a_failed_response_is_listed_as_failed_without_its_error() -> None:
    failure = {"code": "server_error", "message": "The oven is off."}
    client = Client(dialect="cloudglue", world="cooking", scripts=({"answers": [{"failure": failure}]},))
    failed_id = ask(client, background=True).json["id"]
    looks = [client.get(f"/responses/{failed_id}").json for _ in range(2)]
    assert [look["status"] for look in looks] == ["in_progress", "failed"]
    assert looks[-1]["error"] == failure | {"type": "server_error"}
    assert ids(client, "?status=failed") == [failed_id]
    assert "error" not in list_page(client)["data"][0]


def test_a_late_cancel_changes_nothing(client: Client) -> None:
    whole = ask(client)
    assert client.post(f"/responses/{whole.json['id']}/cancel").raw == whole.raw
    background = ask(client, background=True).json["id"]
    last_reply = [client.get(f"/responses/{background}") for _ in range(2)][-1]
    assert client.post(f"/responses/{background}/cancel").raw == last_reply.raw
    assert states(client) == ["completed", "completed"]


def test_a_deleted_response_leaves_the_list_and_may_be_deleted_again(client: Client) -> None:
    first, running, last = (
        *create_many(client, 1),
        *create_many(client, 1, background=True),
        *create_many(client, 1),
    )
    for id in (running, running, UNKNOWN):
        reply = client.send("DELETE", f"/responses/{id}")
        assert (reply.status, reply.json) == (200, {"id": id, **DELETED})
    assert client.get(f"/responses/{running}").status == 404
    assert client.post(f"/responses/{running}/cancel").status == 404
    assert list_page(client)["total"] == 2
    assert ids(client) == [last, first]


def test_a_day_counts_from_its_first_moment(client: Client) -> None:
    """Virtual time stands still at the first moment of 2026, which is neither before nor after that day."""
    (only,) = create_many(client, 1)
    ids_by_query = {
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
    assert [bool(page) for page in ids_by_query.values()] == [True, False, False, True, True, False, False]
    assert [page for page in ids_by_query.values() if page] == [[only]] * 3


def test_queries_combine(client: Client) -> None:
    completed_ids = create_many(client, 3)
    create_many(client, 2, background=True)
    query = "?status=completed&created_after=2025-12-31&limit=2&offset=1"
    assert ids(client, query) == completed_ids[1:]
    assert list_page(client, query)["total"] == 3


def test_a_key_sees_only_its_own_responses(client: Client) -> None:
    own_id, foreign_id = ask(client).json["id"], ask(client, BOB).json["id"]
    assert (ids(client), ids(client, headers=BOB)) == ([own_id], [foreign_id])
    assert client.send("DELETE", f"/responses/{foreign_id}").status == 200  # as for any id that is not there
    assert ids(client, headers=BOB) == [foreign_id]


def test_another_server_lists_what_one_server_stored(tmp_path: Any) -> None:
    settings = {"dialect": "cloudglue", "world": "cooking", "store": f"sqlite:{tmp_path / 'store.db'}"}
    first = ask(Client(**settings)).json["id"]
    second = ask(Client(**settings), input="Say goodbye.").json["id"]
    assert ids(Client(**settings)) == [second, first]


def test_by_the_wall_clock_a_list_shows_the_status_of_background_work() -> None:
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
