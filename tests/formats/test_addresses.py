"""Transcripts behind addresses: an S3 server, a web server and a store in memory, all of this machine."""

from __future__ import annotations

import gzip
import io
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyser.errors import InputError
from analyser.formats import Address, find_inputs, fingerprint, read, read_many
from analyser.formats.addresses import shown
from analyser.records import Transcript

KEY, SECRET, WORD = "AKIAWATERFOWL", "heron-secret", "marmalade"


def call(call_id: str) -> bytes:
    return (f'{{"id": "{call_id}", "turns": [{{"role": "agent", "text": "{WORD}"}}]}}\n').encode()


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.jsonl", data)
    return out.getvalue()


FILES = {
    "2026-11-24/a.jsonl": call("a"),
    "2026-11-25/b.jsonl.gz": gzip.compress(call("b") + call("c")),
    "2026-11-25/d.zip": zipped(d=call("d"), e=call("e")),
    "2026-11-25/late/f.jsonl": call("f"),
    "2026-11-25/late/.hidden.jsonl": call("hidden"),
    "2026-11-25/late/broken.jsonl": b'{"id": "x", "turns": [{"role": "agent", "te',
    "notes.txt": b"Agent: hello\nCustomer: hi\n",
    "odd?name=1.jsonl": call("odd"),
}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a bucket that holds ``FILES``."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        client = boto3.client("s3")
        place = {"LocationConstraint": "eu-west-1"}
        client.create_bucket(Bucket="calls", CreateBucketConfiguration=place)
        client.create_bucket(Bucket="hollow", CreateBucketConfiguration=place)
        for name, data in FILES.items():
            client.put_object(Bucket="calls", Key=name, Body=data)
        client.put_object(Bucket="calls", Key="2026-11-25/late/", Body=b"")  # as consoles mark a folder
        client.put_object(Bucket="calls", Key="doubled//g.jsonl", Body=call("g"))
        yield "s3://calls"
    server.stop()


@pytest.fixture
def memory() -> Iterator[str]:
    store = fsspec.filesystem("memory")
    for name, data in FILES.items():
        store.pipe(f"/calls/{name}", data)
    yield "memory://calls"
    store.rm("/calls", recursive=True)


def found(address: str) -> list[str]:
    return [str(item) for item in find_inputs([address])]


def under(root: str, *names: str) -> list[str]:
    return [f"{root}/{name}" for name in names]


SEEN = ("2026-11-24/a.jsonl", "2026-11-25/b.jsonl.gz", "2026-11-25/d.zip")
LATE = ("2026-11-25/late/broken.jsonl", "2026-11-25/late/f.jsonl")

# pattern under the root -> what it meets
PATTERNS: dict[str, tuple[str, ...]] = {
    "2026-11-24/a.jsonl": ("2026-11-24/a.jsonl",),
    "2026-11-25": (*SEEN[1:], *LATE),
    "2026-11-25/": (*SEEN[1:], *LATE),
    "*.txt": ("notes.txt",),
    "2026-11-*/*.jsonl": ("2026-11-24/a.jsonl",),
    "2026-11-2[45]/?.*": SEEN,
    "2026-*": (*SEEN, *LATE),
    "*/late/f.jsonl": ("2026-11-25/late/f.jsonl",),
    "**/*.jsonl": ("odd?name=1.jsonl", "2026-11-24/a.jsonl", *LATE),
    "2026-11-25/**": (*SEEN[1:], *LATE),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_globs_and_folders_in_memory(pattern: str, memory: str) -> None:
    assert found(f"{memory}/{pattern}") == under(memory, *PATTERNS[pattern])


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if p != "**/*.jsonl"])
def test_globs_and_folders_of_a_bucket(pattern: str, s3: str) -> None:
    assert found(f"{s3}/{pattern}") == under(s3, *PATTERNS[pattern])


def test_a_whole_bucket_with_a_folder_that_cannot_be_listed(s3: str) -> None:
    items = list(find_inputs([s3]))
    errors = [i for i in items if isinstance(i, InputError)]
    assert [str(i) for i in items if isinstance(i, Address)] == under(s3, *SEEN, *LATE, "notes.txt", "odd?name=1.jsonl")
    assert [e.where for e in errors] == ["s3://calls/doubled//"]


@pytest.mark.parametrize("store", ["s3", "memory"])
def test_packed_files_and_archives_are_read_as_here(store: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    root = request.getfixturevalue(store)
    for name, data in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    remote, local = (list(read_many([f"{place}/2026-11-25"])) for place in (root, str(tmp_path)))
    assert [c.call_id for c in remote if isinstance(c, Transcript)] == ["b", "c", "d", "e", "f"]
    assert [str(i).replace(root, str(tmp_path)) for i in remote if isinstance(i, InputError)] == [
        str(i) for i in local if isinstance(i, InputError)
    ]
    paths = [c.source.path for c in remote if isinstance(c, Transcript)]
    assert paths[0] == f"{root}/2026-11-25/b.jsonl"
    assert paths[2] == f"{root}/2026-11-25/d.zip!d.jsonl"


NOWHERE = {
    "s3://calls/none.jsonl": "nothing is there",
    "s3://no-such-bucket/a.jsonl": "nothing is there",
    "s3://no-such-bucket": "nothing is there",
    "s3://no-such-bucket/*.jsonl": "nothing is there",
    "s3://calls/none*": "no file matches",
    "s3://hollow": "holds no files",
    "s3://calls/a::b": "::",
    "gopher://calls/a": "no known kind of address",
}


@pytest.mark.parametrize("address", NOWHERE)
def test_one_clear_error_where_nothing_is(address: str, s3: str) -> None:
    del s3
    items = list(read_many([address]))
    assert [type(i) for i in items] == [InputError]
    assert NOWHERE[address] in str(items[0])
    assert address.removesuffix("/*.jsonl") in str(items[0])


def test_reading_an_address_that_is_gone(s3: str) -> None:
    items = list(read(f"{s3}/gone.jsonl"))
    assert [str(i) for i in items] == ["nothing is there (s3://calls/gone.jsonl); check the address"]


def test_a_package_that_is_not_installed_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    (amazon,), (google,) = (list(find_inputs([f"{scheme}://calls/a"])) for scheme in ("s3", "gs"))
    assert "pip install 'call-analyser[s3]'" in str(amazon)
    assert "gcsfs" in str(google)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://ada:pw@host/a.json?X-Amz-Signature=f00", "https://host/a.json"),
        ("https://host/a.json#token", "https://host/a.json"),
        ("sftp://ada:p@w@host/calls/a@b.vtt", "sftp://host/calls/a@b.vtt"),
        ("abfss://calls@account.dfs.example/a.json?sig=f00", "abfss://calls@account.dfs.example/a.json"),
        ("s3://calls/what?.json", "s3://calls/what?.json"),
    ],
)
def test_addresses_are_shown_without_credentials(address: str, said: str) -> None:
    assert (str(Address(address)), repr(Address(address))) == (said, f"Address({said!r})")


@given(user=st.from_regex("[a-z]{1,5}", fullmatch=True), rest=st.text(st.characters(codec="ascii"), max_size=20))
def test_a_password_never_shows(user: str, rest: str) -> None:
    assert "h3r0n" not in shown(f"sftp://{user}:h3r0n@host/{rest}")


class _Web(BaseHTTPRequestHandler):
    """Serves one file whole, one that breaks off, and one that may not be read; keeps quiet."""

    calls = b"".join(call(str(n)) for n in range(60_000))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/closed.jsonl":
            self.send_error(403)
            return
        if path == "/worse.jsonl":
            self.send_error(500)
            return
        data = call("web") if path == "/good.jsonl" else self.calls
        assert query == "sig=heron-secret"
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", '"one"')
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data if path == "/good.jsonl" else data[: len(data) // 2])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_connection_lost_in_a_file_costs_only_the_rest_of_it(web: str, caplog: pytest.LogCaptureFixture) -> None:
    items = list(read_many([f"{web}/{name}.jsonl?sig={SECRET}" for name in ("cut", "good", "closed", "worse")]))
    errors = [i for i in items if isinstance(i, InputError)]
    calls = [i for i in items if isinstance(i, Transcript)]
    assert calls[-1].call_id == "web"
    assert calls[-1].source.path == f"{web}/good.jsonl"
    assert [e.where for e in errors] == [f"{web}/{name}.jsonl" for name in ("cut", "closed", "worse")]
    assert "connection could not be made or was lost" in str(errors[0])
    assert "you may not read it" in str(errors[1])
    assert "status 500" in str(errors[2])
    assert not any(secret in f"{items}{caplog.text}" for secret in (SECRET, KEY))


def test_a_server_that_is_not_there() -> None:
    (error,) = read_many(["http://127.0.0.1:9/a.jsonl?sig=heron-secret"])
    assert str(error).startswith("the connection could not be made or was lost (http://127.0.0.1:9/a.jsonl)")


def test_a_fingerprint_tells_a_changed_file_from_an_unchanged_one(s3: str, memory: str, tmp_path: Path) -> None:
    local = tmp_path / "a.jsonl"
    local.write_bytes(call("a"))
    store = fsspec.filesystem("s3")
    for address, write in (
        (str(local), local.write_bytes),
        (f"{memory}/x.jsonl", lambda data: fsspec.filesystem("memory").pipe("/calls/x.jsonl", data)),
        (f"{s3}/x.jsonl", lambda data: store.pipe("calls/x.jsonl", data)),
    ):
        write(call("a"))
        before = fingerprint(address)
        assert before
        assert fingerprint(address) == before
        (listed,) = find_inputs([address])
        assert not isinstance(listed, InputError)
        assert fingerprint(listed) == before
        write(call("b"))
        assert fingerprint(address) != before
    store.rm("calls/x.jsonl")
    folder = [i for i in find_inputs([f"{s3}/2026-11-24"]) if isinstance(i, Address)]
    assert folder[0].mark == fingerprint(f"{s3}/2026-11-24/a.jsonl")


@pytest.mark.parametrize("address", ["-", "none/such.jsonl", "memory://none/such", "gopher://a/b", "s3://none/such"])
def test_no_fingerprint_where_nothing_can_be_known(address: str, s3: str) -> None:
    del s3
    assert fingerprint(address) is None
