"""The guard of addresses, and what is fetched through it. No test leaves this process."""

from __future__ import annotations

import ipaddress
import socket
import threading
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.errors import ImageError
from lib.images import fetch
from lib.images.fetch import LIMITS, Fetcher, parse, public
from tests import pictures
from tests.web import PUBLIC, Web, answer, redirect, say, trust

PICTURE = pictures.file(pictures.quarters())
URL = "http://pictures.example/a.png"


def fetcher(web: Web, **limits) -> Fetcher:
    """A fetcher in `web`."""
    return Fetcher(web.resolve, web.connect, replace(LIMITS, **limits), trust)


def refused(web: Web, url: str = URL, **limits) -> ImageError:
    """The error that fetching `url` leads to."""
    with pytest.raises(ImageError) as caught:
        fetcher(web, **limits).get(url)
    assert caught.value.hint
    web.wait()
    return caught.value


# --- what is fetched


def test_fetch():
    """A picture at a public address is fetched, from the address that was checked."""
    web = Web(answer(PICTURE))
    fetched = fetcher(web).get(URL)

    assert (fetched.data, fetched.url) == (PICTURE, URL)
    assert web.resolved == [("pictures.example", 80)]
    assert web.connected == [(PUBLIC, 80)]


def test_request():
    """The request says what is asked for and nothing about who asks."""
    web = Web(answer(PICTURE))
    fetcher(web).get("http://Pictures.Example:8080/ä b.png?q=ü#part".replace(" ", "%20"))

    assert web.requests[0].split("\r\n")[:2] == ["GET /%C3%A4%20b.png?q=%C3%BC HTTP/1.1", "Host: pictures.example:8080"]
    names = {line.partition(":")[0] for line in web.requests[0].split("\r\n")[1:] if line}
    assert names == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}


def test_tls():
    """TLS asks for the name and checks it, though the connection goes to an address."""
    web = Web(answer(PICTURE))

    assert fetcher(web).get("https://pictures.example/a.png").data == PICTURE
    assert (web.connected, web.greeted) == ([(PUBLIC, 443)], ["pictures.example"])


def test_wrong_certificate():
    """Another host's certificate is not taken, nor is one of an authority that nobody knows."""
    web = Web(answer(PICTURE))

    assert str(refused(web, "https://other.example/")) == "No secure connection to other.example could be made."
    with pytest.raises(ImageError, match="No secure connection"):
        Fetcher(web.resolve, web.connect).get("https://pictures.example/")
    assert web.requests == []


def test_environment(monkeypatch, tmp_path):
    """Proxies and passwords of this machine stay where they are."""
    (tmp_path / ".netrc").write_text("machine pictures.example login me password secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web = Web(answer(PICTURE))
    fetcher(web).get(URL)

    assert web.connected == [(PUBLIC, 80)]
    assert "uthorization" not in web.requests[0]


def test_cookies():
    """What a server wants remembered is not."""
    web = Web(answer(b"", "302 Found", Location="/b.png", Set_Cookie="a=b"), answer(PICTURE))
    fetcher(web).get(URL)

    assert [("ookie" in request) for request in web.requests] == [False, False]


def test_next_address():
    """Where one address of a name does not answer, the next is tried."""
    web = Web(answer(PICTURE), names={"pictures.example": ["8.8.8.8", PUBLIC]})
    web.dead = {"8.8.8.8"}

    assert fetcher(web).get(URL).data == PICTURE
    assert web.connected == [("8.8.8.8", 80), (PUBLIC, 80)]


@pytest.mark.parametrize(
    ("url", "host"), [("http://8.8.8.8/", "8.8.8.8"), ("http://[2606:4700:0::1111]:81/", "2606:4700::1111")]
)
def test_literal(url, host):
    """An address in its usual form is fetched from, and nobody is asked for it."""
    web = Web(answer(PICTURE))
    fetcher(web).get(url)

    assert web.resolved == []
    assert web.connected[0][0] == host
    assert f"Host: {url[7:-1].replace(':0:', ':')}\r\n" in web.requests[0]


def test_chunked():
    """A picture may come in chunks."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (PICTURE[:9], PICTURE[9:], b""))
    assert fetcher(Web(answer(body, Content_Length=None, Transfer_Encoding="chunked"))).get(URL).data == PICTURE


def test_no_length():
    """Or without saying how long it is."""
    assert fetcher(Web(answer(PICTURE, Content_Length=None))).get(URL).data == PICTURE


def test_wrong_type():
    """The bytes decide, not what the server calls them."""
    assert fetcher(Web(answer(PICTURE, Content_Type="text/html"))).get(URL).data == PICTURE


# --- redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Again", "308 For Good"])
@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b.png", "http://pictures.example/b.png"),
        ("b.png?x", "http://pictures.example/b.png?x"),
        ("//other.example/b", "http://other.example/b"),
        ("https://pictures.example/b", "https://pictures.example/b"),
        ("/ä.png", "http://pictures.example/%C3%A4.png"),
    ],
)
def test_redirect(status, location, url):
    """A redirect is followed, wherever on the public web it leads."""
    assert fetcher(Web(redirect(location, status), answer(PICTURE))).get(URL).url == url


def test_redirects():
    """Three redirects are followed, a fourth is not."""
    steps = [redirect(f"/{step}") for step in range(4)]
    assert fetcher(Web(*steps[:3], answer(PICTURE))).get(URL).url.endswith("/2")

    web = Web(*steps, answer(PICTURE))
    assert str(refused(web)) == "The address redirects more than 3 times."
    assert len(web.connected) == 4


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:8501/",
        "http://[::1]/",
        "http://2130706433/",
        "http://inside.example/",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "//inside.example/",
        "http://evil\\@pictures.example/",
        "http://[",
    ],
)
def test_redirect_inside(location):
    """A redirect into the private network, or to what is not the web, is not followed."""
    web = Web(redirect(location), answer(PICTURE), names={"inside.example": ["10.0.0.1"]})

    assert refused(web).kind == "image"
    assert web.connected == [(PUBLIC, 80)]


def test_rebinding():
    """A name that stands for another machine at the second look is looked at again."""
    web = Web(redirect("/b"), answer(PICTURE))
    seen = iter([[PUBLIC], ["127.0.0.1"]])
    guard = Fetcher(lambda host, port: next(seen), web.connect)

    with pytest.raises(ImageError, match="not on the public internet"):
        guard.get(URL)
    assert web.connected == [(PUBLIC, 80)]


def test_redirect_nowhere():
    """A redirect without an aim is an error."""
    assert "does not say where to" in str(refused(Web(answer(b"", "302 Found"))))


# --- addresses


@pytest.mark.parametrize("scheme", ["file", "ftp", "data", "gopher", "javascript", "ws", "blob", "jar", ""])
@pytest.mark.parametrize("rest", ["//pictures.example/", "image/png;base64,AAAA", "///etc/passwd"])
def test_scheme(scheme, rest):
    """Only http and https are fetched."""
    web = Web(answer(PICTURE))

    assert "begin with http:// or https://" in str(refused(web, f"{scheme}:{rest}" if scheme else rest))
    assert (web.resolved, web.connected) == ([], [])


@pytest.mark.parametrize(
    "url",
    [
        r"http://evil\@pictures.example/",
        r"http:\\pictures.example",
        "http://me@pictures.example/",
        "http://me:secret@pictures.example/",
        "http://pictures.example@8.8.8.8/",
        "http://pictures.example /",
        "http://pictures.\texample/",
        "http://pictures.example/a\r\nHost: inside",
        "http://pictures.example/\0",
        "http://pictures.example/\x85",
        "http:///a.png",
        "http:pictures.example",
        "http://",
        "http://.",
        "http://a..b/",
        "http://-a.example/",
        "http://a.example:0/",
        "http://a.example:65536/",
        "http://a.example:８０/",
        "http://a.example:x/",
        "http://a.example:80:80/",
        "http://%31%32%37.0.0.1/",
        "http://[::1/",
        "http://[::1%25lo]/",
        "http://a[::1]/",
        "http://[::1]a/",
        "http://[v1.x]/",
        "http://①②⑦.⓪.⓪.①/",
        "http://１２７.０.０.１/",
        "http://8。8。8。8/",
        "http://a.example" + "/a" * 5000,
        "http://" + "a." * 200 + "example/",
        "http://" + "a" * 64 + ".example/",
    ],
)
def test_no_address(url):
    """What could be read in two ways, or in none, is no address: nobody is asked, nothing connects."""
    web = Web(answer(PICTURE))

    assert str(refused(web, url)).startswith("This is no web address")
    assert (web.resolved, web.connected) == ([], [])


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.1",
        "0",
        "0x",
        "127.0.0.1.",
        "8.8.8.8.",
        "1.2.3.4.5",
        "256.1.1.1",
        "8.8.8.08",
        "0x08080808",
        "134744072",
        "a.example.1",
        "1e100.0x1",
    ],
)
def test_odd_forms(host):
    """An IPv4 address is four decimal numbers: other spellings are refused, of public ones as well."""
    web = Web(answer(PICTURE))

    assert str(refused(web, f"http://{host}/")) == "This is no web address."
    assert (web.resolved, web.connected) == ([], [])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "192.88.99.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:8.8.8.8]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[2001:db8::1]",
        "[3fff::1]",
    ],
)
def test_private(host):
    """An address that is not public is refused in any form, and nothing connects."""
    web = Web(answer(PICTURE))

    assert "is not on the public internet" in str(refused(web, f"http://{host}/"))
    assert web.connected == []


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1", PUBLIC], ["fe80::1%eth0"], ["::ffff:10.0.0.1"], ["odd"]]
)
@pytest.mark.parametrize("host", ["pictures.example", "localhost", "intranet", "localtest.me"])
def test_private_name(host, addresses):
    """A name is refused if a single one of its addresses is not public."""
    web = Web(answer(PICTURE), names={host: addresses})

    assert str(refused(web, f"http://{host}/")).startswith(f"{host} is not on the public internet")
    assert web.connected == []


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("HTTPS://A.Example", "https://a.example/"),
        ("  https://a.example/x  ", "https://a.example/x"),
        ("https://a.example./x", "https://a.example/x"),
        ("https://a.example:/x", "https://a.example/x"),
        ("http://a.example:80", "http://a.example/"),
        ("http://a.example:443?x=%2F#y", "http://a.example:443/?x=%2F"),
        ("http://_a.b-c.1a/%e4'(*)", "http://_a.b-c.1a/%e4'(*)"),
    ],
)
def test_parse(url, address):
    """An address is put into one form."""
    assert str(parse(url)) == address


def test_public():
    """Ordinary addresses are public, and what is no address is not."""
    assert public(PUBLIC)
    assert public("2606:4700::1111")
    assert not public("pictures.example")


HOSTS = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[0-9a-fx.:%\[\]@-]{1,20}", fullmatch=True),
    st.lists(st.integers(0, 2**32), min_size=1, max_size=5).map(lambda parts: ".".join(map(str, parts))),
    st.lists(st.integers(0, 255), min_size=1, max_size=4).map(lambda parts: ".".join(map(hex, parts))),
    st.ip_addresses().map(str),
)


@settings(max_examples=300)
@given(HOSTS)
@example("0x7f.1")
@example("1。1")
def test_hosts(host):
    """Any host is refused, or is what the resolver of this machine would take it for: a name, or that very address."""
    with suppress(ImageError):
        found = parse(f"http://{host}/")
        assert parse(str(found)) == found
        if found.host == host and found.host.count(".") == 3 and public(host):
            assert socket.inet_ntoa(socket.inet_aton(host)) == host
        elif ":" not in found.host and not _is_address(found.host):
            with pytest.raises(OSError, match="illegal IP"):
                socket.inet_aton(found.host)


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


@given(st.ip_addresses(v=4))
def test_private_four(address):
    """No private IPv4 address is public, neither by itself nor inside one of IPv6."""
    inside = [f"::ffff:{address}", f"::{address}", f"64:ff9b::{address}", f"2002:{int(address):08x}"[:9] + "::"]

    assert not public(str(address)) or address.is_global
    assert not any(public(form) for form in inside)


@given(st.ip_addresses(v=6))
def test_private_six(address):
    """Nor is any of IPv6."""
    assert not public(str(address)) or (address.is_global and int(address) >> 125 == 1)


@pytest.mark.parametrize(
    "network",
    [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "::/3",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    ],
)
@given(number=st.integers(0))
def test_networks(network, number):
    """No address in a network that is not public gets through."""
    whole = ipaddress.ip_network(network)
    assert not public(str(whole[number % whole.num_addresses]))


# --- what servers do


def test_unknown_host():
    """A name that nobody knows is said to be unknown."""

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "secret")

    with pytest.raises(ImageError, match=r"^The host pictures\.example is not known\.$"):
        Fetcher(unknown, Web().connect).get(URL)
    assert "not known" in str(refused(Web(names={"pictures.example": []})))


def test_unreachable():
    """A machine that does not answer is said to be out of reach."""
    web = Web(answer(PICTURE))
    web.dead = {PUBLIC}

    assert str(refused(web)) == "pictures.example could not be reached, or broke off."


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial", "304 Not Modified", "404 Not Found", "500 Oops"])
def test_status(status):
    """Any other answer than a picture is told by its number."""
    assert f"answered with status {status[:3]}" in str(refused(Web(answer(PICTURE, status))))


@pytest.mark.parametrize("body", [b"<!doctype html><title>Hi</title>", b"", b"<svg/>", b"{}", b"\x1f\x8b\x08picture"])
def test_no_picture(body):
    """What does not begin like a picture is not read on."""
    assert "is not a picture that Parley reads" in str(refused(Web(answer(body))))


@pytest.mark.parametrize("length", [10_000_001, 2**70])
def test_claimed(length):
    """A picture that claims to be larger than 10 MB is not read at all."""
    assert str(refused(Web(answer(PICTURE, Content_Length=length)))).endswith("is larger than 10 MB.")


@pytest.mark.parametrize("headers", [{"Content_Length": None}, {"Content_Length": -5}, {"Content_Length": "many"}])
def test_endless(headers):
    """A picture that does not end is cut off at 10 MB, whatever its length was said to be."""
    web = Web(answer(PICTURE + bytes(12_000_000), **headers))
    assert "larger than 10 MB" in str(refused(web))


@pytest.mark.parametrize("size", [b"-1", b"ffffffffff", b"-8"])
def test_endless_chunk(size):
    """So is a chunk that claims to be endless, or less than nothing."""
    body = b"9\r\n" + PICTURE[:9] + b"\r\n" + size + b"\r\n" + bytes(12_000_000)
    error = refused(Web(answer(body, Content_Length=None, Transfer_Encoding="chunked")))

    assert "larger than 10 MB" in str(error) or "cannot be understood" in str(error)


def test_endless_head():
    """Nor do headers go on for ever."""
    web = Web(say(b"HTTP/1.1 100 Continue\r\n\r\n" * 500_000))
    assert "larger than" in str(refused(web))


@pytest.mark.parametrize("more", [1, 1000])
def test_lying_length(more):
    """A picture of which less comes than was claimed is not complete."""
    error = refused(Web(answer(PICTURE, Content_Length=len(PICTURE) + more)))
    assert str(error) == "What pictures.example sent ended before it was complete."


def test_short_length():
    """Of one that claims to be shorter than it is, as much is read as it claims."""
    assert fetcher(Web(answer(PICTURE, Content_Length=20))).get(URL).data == PICTURE[:20]


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 " + b"a" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_no_http(said):
    """What is not HTTP cannot be understood, or has broken off."""
    assert str(refused(Web(say(said)))).startswith(("What pictures.example answered", "pictures.example could not"))


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nA: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + PICTURE,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + PICTURE,
    ],
)
def test_slow(before):
    """A server that sends a byte now and then is left at the deadline, whatever it is at."""
    over = threading.Event()

    def drip(sock: socket.socket, _: str) -> None:
        sock.sendall(before)
        while not over.wait(0.02):
            sock.sendall(b"a")

    error = refused(Web(drip), deadline=0.3)
    over.set()

    assert str(error) == "pictures.example took too long to answer."


def test_slow_handshake():
    """So is one that never answers what TLS begins with."""
    near, far = socket.socketpair()
    guard = Fetcher(Web().resolve, lambda *_: near, replace(LIMITS, deadline=0.1))
    with far, pytest.raises(ImageError, match="took too long"):
        guard.get("https://pictures.example/")


def test_slow_name():
    """So is a name that takes for ever to look up."""
    over = threading.Event()
    guard = Fetcher(lambda host, port: [PUBLIC] if over.wait(10) else [], Web().connect, replace(LIMITS, deadline=0.1))
    with pytest.raises(ImageError, match="took too long"):
        guard.get(URL)
    over.set()


def test_slow_connection():
    """And a machine that does not take the connection in time."""

    def late(address: str, port: int, timeout: float) -> socket.socket:
        raise TimeoutError

    with pytest.raises(ImageError, match="took too long"):
        Fetcher(Web().resolve, late).get(URL)


@settings(max_examples=100)
@given(st.one_of(st.binary(max_size=200), st.sampled_from(["302 a\r\nLocation: ", "200 a\r\nContent-Length: "])))
def test_headers(said):
    """Whatever a server says, it is a picture or an error that says so, and only public machines hear of it."""
    data = said if isinstance(said, bytes) else b"HTTP/1.1 " + said.encode()
    web = Web(say(data), answer(PICTURE))
    with suppress(ImageError):
        assert fetcher(web, deadline=5).get(URL).data
    web.wait()

    assert all(public(address) for address, _ in web.connected)


@settings(max_examples=100)
@given(
    st.sampled_from(["Location", "Content-Length", "Transfer-Encoding", "Connection", "Content-Encoding"]),
    st.text(max_size=60).map(lambda text: text.replace("\r", "").replace("\n", "")),
    st.sampled_from(["200 OK", "302 Found", "308 Moved"]),
)
def test_any_header(name, value, status):
    """Nor does any header lead elsewhere."""
    web = Web(
        say(f"HTTP/1.1 {status}\r\n{name}: {value}\r\n\r\n".encode("utf-8", "replace") + PICTURE), answer(PICTURE)
    )
    with suppress(ImageError):
        assert fetcher(web, deadline=5).get(URL).data
    web.wait()

    assert all(public(address) for address, _ in web.connected)


# --- what it does by itself


def test_resolve():
    """Names are looked up as the machine does it."""
    assert set(fetch.resolve("localhost", 80)) <= {"127.0.0.1", "::1"}


def test_connect():
    """Connections are opened to an address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        with fetch.connect(host, port, 1.0) as sock:
            assert sock.getpeername() == (host, port)
