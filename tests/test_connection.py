from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from chromadb import Collection
from chromadb.errors import NotFoundError
from pydantic import SecretStr

from eval.bench.server import ChromaServer, free_port
from retrieval.connection import Connection, connect
from retrieval.errors import IndexDamaged, IndexGone, InputError, SearchUnavailable
from retrieval.remote import Server
from retrieval.settings import Settings
from tests.chroma_proxy import CERTIFICATE, ChromaProxy, Fault

TOKEN = "t0p-Secret-9"
QUICK = (0.01, 0.01, 0.01)
OTHER_PROGRAM = """
import sys
from pathlib import Path
from retrieval.connection import Connection
collection = Connection(Path(sys.argv[1])).collection("news", {})
collection.upsert(ids=["new"], embeddings=[[0.0, 1.0]], documents=["new"])
collection.delete(ids=["old"])
"""


@pytest.fixture
def proxy(server: ChromaServer) -> Iterator[ChromaProxy]:
    with ChromaProxy(server.url) as proxy:
        yield proxy


@pytest.fixture(params=["folder", "server"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Connection:
    if request.param == "folder":
        return Connection(tmp_path / "chroma")
    server: ChromaServer = request.getfixturevalue("server")
    connection = to(server.url)
    for name in ("news", "other"):
        connection.delete(name)
    return connection


def to(url: str, token: str = "", ca: Path | None = None, seconds: float = 10.0) -> Connection:
    return Connection(Server(url, token, ca, seconds, QUICK))


def put(collection: Collection, *ids: str) -> None:
    collection.upsert(
        ids=list(ids), embeddings=[[1.0, 0.1 * n] for n in range(len(ids))], documents=list(ids)
    )


def nearest(collection: Collection, vector: list[float]) -> list[str]:
    return collection.query(query_embeddings=[vector], n_results=1)["ids"][0]


def said(error: pytest.ExceptionInfo[BaseException]) -> str:
    text = str(error.value)
    assert "\n" not in text and TOKEN not in text and text.endswith(".")
    return text


def told(faults: list[Fault]) -> str:
    return "-".join(fault.cut or str(fault.status) for fault in faults)


# ---- a folder and a server


def test_a_collection_keeps_its_description_and_its_rows(connection: Connection) -> None:
    made = connection.collection("news", {"model": "words@1"})
    put(made, "a", "b")
    again = connection.collection("news", {"model": "other"})
    assert again.metadata == {"model": "words@1"} and again.count() == 2
    assert nearest(again, [1.0, 0.1]) == ["b"]
    (distances,) = again.query(query_embeddings=[[5.0, 0.0]], n_results=1)["distances"] or [[1.0]]
    assert distances == pytest.approx([0.0], abs=1e-6)  # of the angle alone


def test_a_collection_is_looked_for_without_making_one(connection: Connection) -> None:
    assert connection.existing("news") is None
    connection.collection("news", {"state": "new"}).modify(metadata={"state": "clean"})
    found = connection.existing("news")
    assert found is not None and found.metadata == {"state": "clean"}
    assert connection.existing("other") is None


def test_deleting_is_of_one_collection_and_twice_is_no_error(connection: Connection) -> None:
    put(connection.collection("news", {"a": "1"}), "a")
    other = connection.collection("other", {"a": "1"})
    put(other, "b")
    for _ in range(2):
        connection.delete("news")
    assert connection.existing("news") is None and other.get()["ids"] == ["b"]


def test_a_collection_that_went_away_is_told_apart_from_damage(connection: Connection) -> None:
    collection = connection.collection("news", {"a": "1"})
    connection.delete("news")
    connection.collection("news", {"a": "2"})  # of the same name, but it is another
    gone = r"^The index in .* cannot be read \(.*\): run quoth index again\.$"
    with pytest.raises(IndexGone, match=gone), connection.translated("read"):
        collection.count()
    with pytest.raises(NotFoundError):
        put(collection, "a")


def test_what_chroma_refuses_is_a_sentence(connection: Connection) -> None:
    collection = connection.collection("news", {"a": "1"})
    put(collection, "a")
    refused = r"^The index in .* cannot be read \(.*dimension.*\): .*\.$"
    with pytest.raises(IndexDamaged, match=refused) as error, connection.translated("read"):
        nearest(collection, [1.0, 0.0, 0.0])
    assert not isinstance(error.value, IndexGone) and connection.shown in said(error)


def test_the_version_is_told(connection: Connection) -> None:
    assert connection.version().count(".") == 2


# ---- a folder


def test_a_new_connection_to_a_folder_finds_what_another_program_wrote(tmp_path: Path) -> None:
    connection = Connection(tmp_path)
    before = connection.collection("news", {"a": "1"})
    put(before, "old")
    assert nearest(before, [1.0, 0.0]) == ["old"]
    subprocess.run([sys.executable, "-c", OTHER_PROGRAM, str(tmp_path)], check=True)
    assert nearest(before, [0.0, 1.0]) != ["new"]  # its vectors are those of before
    after = Connection(tmp_path).existing("news")
    assert after is not None
    assert nearest(after, [0.0, 1.0]) == nearest(after, [1.0, 0.0]) == ["new"]


def test_a_collection_in_use_keeps_its_connection_open(tmp_path: Path) -> None:
    collection = Connection(tmp_path).collection("news", {"a": "1"})
    put(collection, "a")
    for _ in range(5):
        fresh = Connection(tmp_path).collection("news", {})
        assert nearest(fresh, [1.0, 0.0]) == ["a"]
    del fresh
    gc.collect()
    assert nearest(collection, [1.0, 0.0]) == ["a"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files")
def test_a_folder_is_closed_when_nobody_uses_it_any_more(tmp_path: Path) -> None:
    def held() -> list[Path]:
        files = []
        for link in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since
                files.append(link.readlink())
        return [file for file in files if file.is_relative_to(tmp_path)]

    collection = Connection(tmp_path).collection("news", {"a": "1"})
    put(collection, "a")
    assert held()
    del collection
    until = time.monotonic() + 10  # threads of Chroma's own close the files
    while held() and time.monotonic() < until:
        time.sleep(0.01)
    assert not held()


def test_searches_go_on_while_a_folder_is_reopened(tmp_path: Path) -> None:
    current = [Connection(tmp_path).collection("news", {"a": "1"})]
    put(current[0], "a")
    found: list[list[str]] = []
    over = threading.Event()

    def search() -> None:
        while not over.is_set():
            found.append(nearest(current[0], [1.0, 0.0]))

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        current[0] = Connection(tmp_path).collection("news", {})
    over.set()
    for thread in threads:
        thread.join()
    assert found and all(one == ["a"] for one in found)


def test_a_damaged_folder_is_one_sentence_however_often_and_can_be_mended(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"no database" * 100)
    for _ in range(2):
        with pytest.raises(IndexDamaged, match=r"^The index in .* cannot be opened \(.*\): .*damaged\.$"):
            Connection(tmp_path)
    (tmp_path / "chroma.sqlite3").unlink()
    assert Connection(tmp_path).existing("news") is None


def test_an_env_file_among_the_articles_tells_chroma_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("ALLOW_RESET=perhaps\nPERSIST_DIRECTORY=elsewhere\n")
    assert Connection(tmp_path / "chroma").existing("news") is None
    assert not (tmp_path / "elsewhere").exists()


# ---- a server


def test_two_clients_of_a_server_see_each_others_changes_at_once(server: ChromaServer) -> None:
    to(server.url).delete("news")
    one = to(server.url).collection("news", {"generation": "1"})
    two = to(server.url).existing("news")
    assert two is not None
    put(one, "a")
    assert nearest(two, [1.0, 0.0]) == ["a"] and two.count() == 1
    one.modify(metadata={"generation": "2"})
    assert two.metadata == {"generation": "1"}  # as it was when it was opened: open it again to know
    again = to(server.url).existing("news")
    assert again is not None and again.metadata == {"generation": "2"}


@pytest.mark.parametrize(
    "faults",
    [
        [Fault(status=503)],
        [Fault(status=502), Fault(status=500, body='{"error":"InternalError","message":"busy"}')],
        [Fault(status=429), Fault(cut="before"), Fault(cut="after")],
    ],
    ids=told,
)
def test_what_passes_is_tried_again_and_nothing_is_doubled(proxy: ChromaProxy, faults: list[Fault]) -> None:
    connection = to(proxy.url)
    connection.delete("news")
    collection = connection.collection("news", {"a": "1"})
    put(collection, "a")
    for call in (
        lambda: put(collection, "a", "b"),
        lambda: collection.modify(metadata={"a": "2"}),
        lambda: nearest(collection, [1.0, 0.0]),
        lambda: collection.delete(ids=["b"]),
        lambda: connection.collection("news", {}),
    ):
        before = len(proxy.requests)
        proxy.will(*faults)
        call()
        assert len(proxy.requests) == before + len(faults) + 1
    assert collection.get()["ids"] == ["a"]


PASSING = 1 + len(QUICK)  # requests


@pytest.mark.parametrize(
    ("fault", "sentence", "requests"),
    [
        (Fault(status=503), r"The Chroma server at .* failed \(503: .*\): try again later", PASSING),
        (Fault(status=500, body=""), r"The Chroma server at .* failed \(500\): try again later", PASSING),
        (
            Fault(status=500, body='{"error":"InternalError","message":"disk full"}'),
            r"The Chroma server at .* failed \(500: disk full\): try again later",
            PASSING,
        ),
        (Fault(status=429), r"The Chroma server at .* failed \(429: .*\): try again later", PASSING),
        (Fault(cut="before"), r"The connection to the Chroma server at .* was cut \(.*\): .*", PASSING),
        (Fault(cut="after"), r"The connection to the Chroma server at .* was cut \(.*\): .*", PASSING),
        (
            Fault(status=401),
            r"The Chroma server at .* does not accept requests without a token \(401\): set .*",
            1,
        ),
        (Fault(status=403, body='{"error":"AuthError","message":"no"}'), r".*set QUOTH_CHROMA_TOKEN", 1),
        (Fault(status=413), r".* does not take requests of this size \(413\): .*", 1),
        (
            Fault(status=404),
            r"At .* there is no Chroma server .* \(it answers 404\): mend QUOTH_CHROMA_URL",
            1,
        ),
        (
            Fault(status=301),
            r"At .* there is no Chroma server .* \(it answers 301\): mend QUOTH_CHROMA_URL",
            1,
        ),
        (Fault(status=200), r"At .* \(what it says is not JSON\): mend QUOTH_CHROMA_URL", 1),
    ],
    ids=lambda value: told([value]) if isinstance(value, Fault) else "",
)
def test_what_does_not_pass_is_one_sentence(
    proxy: ChromaProxy, fault: Fault, sentence: str, requests: int
) -> None:
    connection = to(proxy.url)
    collection = connection.collection("news", {"a": "1"})
    before = len(proxy.requests)
    proxy.will(*[fault] * PASSING)
    with pytest.raises(SearchUnavailable, match=rf"^{sentence}\.$") as error, connection.translated("read"):
        nearest(collection, [1.0, 0.0])
    assert proxy.url in said(error) and len(proxy.requests) == before + requests


@pytest.mark.parametrize(
    "words",
    [
        "Error executing plan: Error sending backfill request to compactor: Failed to apply logs to the hnsw "
        "segment writer",  # after a kill while it wrote its vectors
        "Error executing plan: Internal error: Error finding id",  # their folder is gone
    ],
)
def test_a_damaged_index_on_a_server_is_not_waited_for(proxy: ChromaProxy, words: str) -> None:
    connection = to(proxy.url)
    collection = connection.collection("news", {"a": "1"})
    proxy.will(Fault(status=500, body=json.dumps({"error": "InternalError", "message": words})))
    sentence = (
        rf"^The index in .* cannot be read \({words}\): see after the server, or run quoth index --rebuild\.$"
    )
    with pytest.raises(IndexDamaged, match=sentence), connection.translated("read"):
        nearest(collection, [1.0, 0.0])


@pytest.mark.parametrize("tls", [False, True])
def test_the_token_is_sent_and_a_wrong_one_told_without_showing_it(server: ChromaServer, tls: bool) -> None:
    ca = CERTIFICATE if tls else None
    with ChromaProxy(server.url, TOKEN, tls) as proxy:
        to(proxy.url, TOKEN, ca).collection("news", {"a": "1"})
        assert proxy.requests[-1].tokens == (TOKEN, TOKEN)
        proxy.will(*[Fault(status=500, body=f"who sends {TOKEN}?")] * PASSING)
        with pytest.raises(SearchUnavailable) as error:
            to(proxy.url, TOKEN, ca).existing("news")
        assert "who sends ***?" in said(error)
        with pytest.raises(SearchUnavailable, match=r"does not accept the token \(401\)") as error:
            to(proxy.url, "another", ca).existing("news")
        assert "another" not in said(error)
    assert TOKEN not in repr(Server(proxy.url, TOKEN))


def test_a_certificate_that_nobody_vouches_for_is_refused(server: ChromaServer, tmp_path: Path) -> None:
    with ChromaProxy(server.url, tls=True) as proxy:
        with pytest.raises(
            SearchUnavailable, match=r"cannot be trusted \(.*\): .* in QUOTH_CHROMA_CA"
        ) as error:
            to(proxy.url).existing("news")
        assert proxy.url in said(error) and not proxy.requests
    (tmp_path / "empty.pem").write_text("")
    for file in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        with pytest.raises(
            InputError, match=r"The certificates in .* name a PEM file in QUOTH_CHROMA_CA"
        ) as bad:
            to("https://127.0.0.1", ca=file)
        assert str(file) in said(bad)


def test_https_to_a_server_without_it_is_one_sentence(server: ChromaServer) -> None:
    with pytest.raises(SearchUnavailable, match=r"cannot be trusted \(.*\): .* or mend QUOTH_CHROMA_URL"):
        to(server.url.replace("http:", "https:")).existing("news")


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    sentence = rf"^The Chroma server at {url} cannot be reached \(.*\): start it, or mend QUOTH_CHROMA_URL\.$"
    with pytest.raises(SearchUnavailable, match=sentence) as error:
        to(url).existing("news")
    assert error.value.exit_status == 5


def test_a_server_that_says_nothing_is_not_waited_for(server: ChromaServer) -> None:
    with (
        server.frozen(),
        pytest.raises(SearchUnavailable, match=r"did not answer in time: .* QUOTH_CHROMA_SECONDS"),
    ):
        to(server.url, seconds=0.2).existing("news")
    assert to(server.url).existing("none") is None


def test_a_path_and_a_slash_in_the_address_are_kept(server: ChromaServer) -> None:
    assert to(f"{server.url}/").existing("none") is None
    with ChromaProxy(server.url) as proxy:
        with pytest.raises(SearchUnavailable, match=rf"^At {proxy.url}/behind there is no Chroma server"):
            to(f"{proxy.url}/behind/").existing("none")
        assert proxy.requests[0].path.startswith("/behind/api/v2/")


def test_a_restart_is_survived_and_a_wiped_server_noticed(tmp_path: Path) -> None:
    with ChromaServer(tmp_path / "data") as server:
        connection = Connection(Server(server.url))
        collection = connection.collection("news", {"a": "1"})
        put(collection, "a")
        server.kill()
        starting = threading.Timer(0.1, server.start)
        starting.start()
        assert nearest(collection, [1.0, 0.0]) == ["a"]  # tried again until it was there
        starting.join()
        server.restart(wiped=True)
        with pytest.raises(IndexGone), connection.translated("read"):
            nearest(collection, [1.0, 0.0])
        assert connection.existing("news") is None


# ---- settings


def test_the_settings_say_how_a_server_is_asked(server: ChromaServer) -> None:
    remote = connect(server.url, Settings(chroma_token=SecretStr(TOKEN), chroma_seconds=3))
    assert remote.shown == server.url and remote.is_remote
    assert remote.place == Server(server.url, TOKEN, None, 3)
