"""Stores of responses: in memory, or in a file that processes share and that outlives them."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest

from antiphon_mockserver.response.pace import Pace, Pause
from antiphon_mockserver.state.memory import MemoryStore
from antiphon_mockserver.state.opening import open_store
from antiphon_mockserver.state.record import Record, pack_record, unpack_record
from antiphon_mockserver.state.sqlite import SqliteStore
from antiphon_mockserver.state.store import Store, Table
from mock_client import BOB, Client

RECORD = Record(
    id="resp_1",
    owner="key",
    request={"model": "gpt-5", "background": True},
    input=({"id": "msg_1", "type": "message"},),
    response={"id": "resp_1", "output": []},
    pace=Pace(first=0.5, tokens_per_second=20, pauses=(Pause(at=3, seconds=1.5),)),
)


def responses(store: Store) -> Table[Record]:
    """The responses in a store."""
    return Table(store, "response", unpack_record, pack_record)


@contextmanager
def redis_server() -> Iterator[str]:
    """A server that speaks the protocol of Redis."""
    server = pytest.importorskip("fakeredis").TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(params=["memory", "sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    names = {"memory": "memory", "sqlite": f"sqlite:{tmp_path / 'store.db'}"}
    running = redis_server() if request.param == "redis" else nullcontext(names[request.param])
    with running as name, closing(open_store(name)) as instance:
        yield instance


def test_a_record_is_read_as_it_was_stored(store: Store) -> None:
    assert responses(store).get("resp_1") is None
    responses(store).put("resp_1", RECORD)
    assert responses(store).get("resp_1") == RECORD == unpack_record(pack_record(RECORD))


def test_objects_of_two_kinds_may_have_the_same_id(store: Store) -> None:
    store.write("response", "a", b"1")
    store.write("chat.completion", "a", b"2")
    assert [store.read(kind, "a") for kind in ("response", "chat.completion", "file")] == [b"1", b"2", None]
    store.enlist("response", "mine", "a")
    assert [list(store.ids(kind, "mine")) for kind in ("response", "file")] == [["a"], []]


def test_a_record_is_changed_in_place(store: Store) -> None:
    assert responses(store).change("resp_1", lambda now: replace(now, step=3)) is None
    responses(store).put("resp_1", RECORD)
    record = responses(store).change("resp_1", lambda now: replace(now, step=3))
    assert record == responses(store).get("resp_1") == replace(RECORD, step=3)


def test_a_change_that_fails_changes_nothing(store: Store) -> None:
    responses(store).put("resp_1", RECORD)
    with pytest.raises(ZeroDivisionError):
        responses(store).change("resp_1", lambda now: replace(now, step=1 // 0))
    assert responses(store).get("resp_1") == RECORD
    responses(store).put("resp_1", replace(RECORD, step=1))


def test_equal_requests_are_counted(store: Store) -> None:
    assert [store.count("a"), store.count("a"), store.count("b"), store.count("a")] == [0, 1, 0, 2]


def test_a_list_has_the_ids_in_the_order_in_which_they_came(store: Store) -> None:
    assert list(store.ids("response", "mine")) == []
    for owner, id in (("mine", "resp_2"), ("mine", "resp_1"), ("theirs", "resp_3"), ("mine", "resp_3")):
        store.enlist("response", owner, id)
    assert list(store.ids("response", "mine")) == ["resp_2", "resp_1", "resp_3"]
    assert list(store.ids("response", "theirs")) == ["resp_3"]


def test_a_list_shows_its_records_as_they_are_now_the_newest_first(store: Store) -> None:
    table = responses(store)
    for number in (1, 2, 3):
        table.put(f"resp_{number}", replace(RECORD, id=f"resp_{number}"))
        table.enlist("mine", f"resp_{number}")
    table.enlist("mine", "resp_that_was_never_stored")
    table.change("resp_2", lambda now: replace(now, deleted=True))
    entries = [(record.id, record.deleted) for record in table.newest_first("mine")]
    assert entries == [("resp_3", False), ("resp_2", True), ("resp_1", False)]


def test_memory_lists_as_many_ids_as_it_holds_records() -> None:
    table = responses(MemoryStore(capacity=2))
    for number in range(4):
        table.put(f"resp_{number}", replace(RECORD, id=f"resp_{number}"))
        table.enlist("mine", f"resp_{number}")
    assert [record.id for record in table.newest_first("mine")] == ["resp_3", "resp_2"]
    assert len(table.store.ids("response", "mine")) == 2


def test_memory_drops_the_oldest_object_of_a_kind() -> None:
    store = MemoryStore(capacity=2)
    store.write("file", "a", b"1")
    for number in range(3):
        store.write("response", f"resp_{number}", b"1")
    assert [store.read("response", f"resp_{number}") for number in range(3)] == [None, b"1", b"1"]
    assert store.read("file", "a") == b"1"


def test_processes_that_share_a_file_get_unique_numbers(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    numbers: list[int] = []

    def ask() -> None:
        store = SqliteStore(path)
        numbers.extend(store.count("a") for _ in range(50))
        store.close()

    SqliteStore(path).close()
    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(numbers) == list(range(200))


def test_a_list_in_a_file_is_filled_by_all_who_share_it(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    stores = [SqliteStore(path) for _ in range(2)]
    for number, store in enumerate([*stores, *stores]):
        store.enlist("response", "mine", f"resp_{number}")
    assert [store.ids("response", "mine") for store in stores] == [
        ["resp_0", "resp_1", "resp_2", "resp_3"]
    ] * 2
    for store in stores:
        store.close()


def test_responses_outlive_the_server_that_made_them(tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'store.db'}"
    creation = Client(store=store).create("My name is Ada.")
    again = Client(store=store)
    id = creation.json["id"]
    assert again.get(f"/responses/{id}").raw == creation.raw
    assert "Ada" in again.create("What is my name?", previous_response_id=id).raw.decode()
    assert again.create("My name is Ada.").json["id"] != id


def test_background_work_goes_on_in_another_server(tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'store.db'}"
    id = Client(store=store).create(background=True).json["id"]
    states = [Client(store=store).get(f"/responses/{id}").json["status"] for _ in range(3)]
    assert states == ["in_progress", "completed", "completed"]


@pytest.mark.parametrize("name", ["", "disk", "sqlite:", "http://localhost"])
def test_an_unknown_store_is_rejected(name: str) -> None:
    with pytest.raises(ValueError, match="store: expected memory, memory:SIZE, sqlite:PATH or redis"):
        open_store(name)


def test_redis_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ValueError, match=r"the extra `antiphon\[redis\]` is not installed"):
        open_store("redis://127.0.0.1:1")


def test_memory_counts_recent_requests_only() -> None:
    store = MemoryStore(count_capacity=2)
    assert [store.count(key) for key in ("a", "b", "a", "c", "a", "b")] == [0, 0, 1, 0, 2, 0]


def test_a_file_that_cannot_be_opened_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"store sqlite:.*: expected a file"):
        open_store(f"sqlite:{tmp_path / 'nowhere' / 'store.db'}")


def test_a_file_of_another_version_is_rejected_and_left_as_it_is(tmp_path: Path) -> None:
    older, newer = tmp_path / "older.db", tmp_path / "newer.db"
    with closing(sqlite3.connect(older)) as database:
        database.execute("CREATE TABLE records (id TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID")
        database.execute("INSERT INTO records VALUES ('resp_1', '{}')")
        database.commit()
    SqliteStore(str(newer)).close()
    with closing(sqlite3.connect(newer)) as database:
        database.execute("PRAGMA user_version=3")
    for path in (older, newer):
        with pytest.raises(ValueError, match=r"store sqlite:.*: expected a new file, .* of another version"):
            open_store(f"sqlite:{path}")
    with closing(sqlite3.connect(older)) as database:
        assert database.execute("SELECT id FROM records").fetchall() == [("resp_1",)]
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("records",)]


def test_a_completion_cannot_be_retrieved_as_a_response() -> None:
    client = Client(dialect="cloudglue")
    request = {
        "model": "nimbus-001",
        "messages": [{"role": "user", "content": "Hello."}],
        "collections": [client.get("/collections?collection_type=media-descriptions").json["data"][0]["id"]],
    }
    completion = client.post("/chat/completions", request).json
    assert client.get(f"/chat/completions/{completion['id']}").json == completion
    assert client.get(f"/responses/{completion['id']}").status == 404
    assert client.get(f"/chat/completions/{completion['id']}", headers=BOB).status == 404
    assert client.get("/responses").json["data"] == []


def test_memory_is_bounded_in_bytes_and_says_what_it_dropped(caplog: pytest.LogCaptureFixture) -> None:
    store = open_store("memory:1KiB")
    for number in range(5):
        store.write("response", f"resp_{number}", b"x" * 400)
    assert [store.read("response", f"resp_{number}") is None for number in range(5)] == [True] * 3 + [
        False
    ] * 2
    assert "resp_0" in caplog.text
    assert "memory:SIZE" in caplog.text
    store.write("response", "resp_4", b"y")
    store.write("chat.completion", "one", b"z" * 500)
    assert store.read("response", "resp_3") == b"x" * 400


def test_memory_keeps_nothing_that_is_larger_than_all_of_it() -> None:
    store = open_store("memory:10")
    store.write("response", "resp_1", b"x" * 11)
    assert store.read("response", "resp_1") is None
    store.write("response", "resp_2", b"x" * 10)
    assert store.read("response", "resp_2") == b"x" * 10


def test_memory_bounds_the_lists_of_many_keys() -> None:
    store = MemoryStore()
    for number in range(1_500):
        store.enlist("response", f"key-{number}", "resp_1")
    assert (store.ids("response", "key-0"), store.ids("response", "key-1499")) == ((), ("resp_1",))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process writes to the file for long."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_locked_store_answers_503_soon_and_reads_go_on(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    client = Client(store=f"sqlite:{path}")
    creation = client.create("Hi")
    with locked(path):
        before = monotonic()
        reply = client.create("Hi")
        seconds = monotonic() - before
        assert client.get(f"/responses/{creation.json['id']}").raw == creation.raw
        assert client.get("/responses/resp_unknown").status == 404
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert reply.error["message"] == "The server cannot store or read responses now; try again."
    assert seconds < 5
    assert client.create("Hi").status == 200


def test_a_store_whose_file_was_damaged_answers_503(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    client = Client(store=f"sqlite:{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("DROP TABLE objects")
    assert client.create("Hi").status == 503
    assert client.get("/responses/resp_1").status == 503
    assert client.create("Hi", store=False).status == 200


def test_a_redis_server_that_is_gone_answers_503() -> None:
    with redis_server() as name:
        client = Client(store=name)
        creation = client.create("Hi")
    replies = [client.create("Hi"), client.get(f"/responses/{creation.json['id']}")]
    assert [(reply.status, reply.headers["retry-after"]) for reply in replies] == [(503, "1")] * 2


def test_a_redis_server_that_does_not_answer_is_rejected_at_the_start() -> None:
    pytest.importorskip("redis")
    with pytest.raises(ValueError, match=r"store redis://127.0.0.1:1: expected a Redis server that answers"):
        open_store("redis://127.0.0.1:1")


@pytest.mark.parametrize("content", [b"not a database, but a text of some length" * 100, b"\x00" * 5000])
def test_a_file_that_is_no_database_is_rejected(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"store sqlite:.*: expected a file for a SQLite database"):
        open_store(f"sqlite:{path}")
    assert path.read_bytes() == content


def test_a_file_of_our_version_with_another_shape_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE objects (id TEXT PRIMARY KEY, content BLOB)")
        database.execute("PRAGMA user_version=2")
    with pytest.raises(ValueError, match=r"store sqlite:.*: expected a new file"):
        open_store(f"sqlite:{path}")
