"""How the built web app is served, over a real socket where the bytes of a path matter."""

import gzip
import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.service_app import serve, service_app

PAGE = '<!doctype html><title>Tollway</title><script type="module" src="/app/assets/index-1a2b3c4d.js"></script>'
SCRIPT = "export const answer = 42;\n" * 200
STYLE = "main { display: grid }\n"
FONT = bytes(range(256)) * 4
SECRET = "nobody may read this"
FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small app as a build leaves it, with something beside it that is nobody's business."""
    outside = tmp_path_factory.mktemp("installed")
    (outside / "secret.txt").write_text(SECRET)
    folder = outside / "web_app"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / ".vite").mkdir()
    (folder / ".vite" / "manifest.json").write_text(SECRET)
    (folder / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "assets" / "index-1a2b3c4d.js").write_text(SCRIPT)
    (folder / "assets" / "index-1a2b3c4d.js.gz").write_bytes(gzip.compress(SCRIPT.encode(), mtime=0))
    (folder / "assets" / "index-5e6f7a8b.css").write_text(STYLE)
    (folder / "assets" / "inter-9c0d1e2f.woff2").write_bytes(FONT)
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    with serve(service_app(web_app_folder=folder)) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/app", "/app/", "/app/keys", "/app/billing?payment=pay_1", "/app/models/baidu/ernie-4.5-turbo-vl-32k"]
)
def test_every_place_within_the_app_is_its_page(client: httpx.Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "media_type", "content"),
    [
        ("/app/assets/index-1a2b3c4d.js", "text/javascript; charset=utf-8", SCRIPT.encode()),
        ("/app/assets/index-5e6f7a8b.css", "text/css; charset=utf-8", STYLE.encode()),
        ("/app/assets/inter-9c0d1e2f.woff2", "font/woff2", FONT),
    ],
)
def test_assets_are_kept_for_ever_under_their_hashed_names(
    client: httpx.Client, path: str, media_type: str, content: bytes
) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == FOR_EVER


def test_a_file_without_a_hashed_name_is_asked_for_each_time(client: httpx.Client) -> None:
    answer = client.get("/app/icon.svg")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["index-00000000.js", "index-1a2b3c4d.js.gz", "deeper/index-1a2b3c4d.js"])
def test_an_asset_that_this_build_lacks_is_a_404(client: httpx.Client, name: str) -> None:
    answer = client.get(f"/app/assets/{name}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert "immutable" not in answer.headers.get("cache-control", "")


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, GZIP;q=0.2", True),
        ("*", True),
        ("identity", False),
        ("", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("br, *;q=0", False),
    ],
)
def test_what_the_build_compressed_is_sent_so_to_who_reads_it(
    client: httpx.Client, accepted: str, *, is_compressed: bool
) -> None:
    answer = client.get("/app/assets/index-1a2b3c4d.js", headers={"accept-encoding": accepted})

    assert (answer.headers.get("content-encoding") == "gzip") is is_compressed
    assert (int(answer.headers["content-length"]) < len(SCRIPT)) is is_compressed
    assert answer.text == SCRIPT
    assert "accept-encoding" in answer.headers["vary"]


def test_a_known_file_is_not_sent_again(client: httpx.Client) -> None:
    for path in ("/app", "/app/assets/index-1a2b3c4d.js"):
        tags = set()
        for accepted in ("gzip", "identity"):
            first = client.get(path, headers={"accept-encoding": accepted})
            known = {"accept-encoding": accepted, "if-none-match": first.headers["etag"]}
            again = client.get(path, headers=known)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]
            assert again.headers["cache-control"] == first.headers["cache-control"]
            assert "content-encoding" not in again.headers
            tags.add((first.headers["etag"], first.headers.get("content-encoding")))
        assert len({tag for tag, _ in tags}) == len({coding for _, coding in tags})
    assert client.get("/app", headers={"if-none-match": '"another"'}).text == PAGE


def test_head_tells_what_get_would_send(client: httpx.Client) -> None:
    for path in ("/app/keys", "/app/assets/index-1a2b3c4d.js", "/app/assets/missing.js"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        for name in ("content-type", "content-length"):
            assert head.headers[name] == get.headers[name], (path, name)


def test_the_policy_allows_this_origin_alone_and_nothing_inline(client: httpx.Client) -> None:
    for path in ("/app", "/app/keys", "/app/assets/index-1a2b3c4d.js"):
        headers = client.get(path).headers
        rules = {rule.split()[0]: rule.split()[1:] for rule in headers["content-security-policy"].split(";")}
        assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == ["'none'"]
        for kind in ("script-src", "style-src", "font-src", "connect-src", "form-action"):
            assert rules[kind] == ["'self'"], kind
        assert rules["img-src"] == ["'self'", "data:", "blob:"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "microphone=()" in headers["permissions-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/app/../secret.txt",
        "/app/../../installed/secret.txt",
        "/app/assets/../../secret.txt",
        "/app/assets/..%2f..%2fsecret.txt",
        "/app/%2e%2e/secret.txt",
        "/app/%2e%2e%2fsecret.txt",
        "/app/..%5csecret.txt",
        "/app/.vite/manifest.json",
        "/app//secret.txt",
        "/app/assets/%00",
        "/app/assets//../../secret.txt",
        "/app/{folder}/../secret.txt",
        "/app/{folder}/index.html",
    ],
)
def test_no_path_leads_out_of_the_app(client: httpx.Client, folder: Path, path: str) -> None:
    # The client of the other tests would tidy the path up.
    place = urlsplit(str(client.base_url))
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    connection.putrequest("GET", path.replace("{folder}", str(folder)), skip_accept_encoding=True)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()

    assert SECRET not in text
    assert (answer.status, text) == (200, PAGE) or answer.status in {400, 404}
