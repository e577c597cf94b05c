"""A web of servers inside this process: names that stand for addresses, and what listens there. Records every attempt.

No packet leaves anywhere: a connection is one end of a pair of sockets, its other end is played by a thread.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from tempfile import NamedTemporaryFile

Script = Callable[[socket.socket, str], None]

PUBLIC = "93.184.215.14"
# Of pictures.example, by itself, for a hundred years; good for nothing but these tests.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBqzCCAVCgAwIBAgIUQqRL2ewBv5nPmzR6BOOZhVaHnMwwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQcGljdHVyZXMuZXhhbXBsZTAgFw0yNjExMjEyMzE5MzBaGA8y
MTI2MTAyODIzMTkzMFowGzEZMBcGA1UEAwwQcGljdHVyZXMuZXhhbXBsZTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABOUMOrImlgK06bB52D3oYY7aAfqGAL2rzOw3
LVvct+XjbwNXq6CIl2xgFzOJXVhXL3gtK3qP5jPwvCf6NqVou/ijcDBuMB0GA1Ud
DgQWBBSS2xLhOfPV8HJjRxRVSUoLHfyxIjAfBgNVHSMEGDAWgBSS2xLhOfPV8HJj
RxRVSUoLHfyxIjAPBgNVHRMBAf8EBTADAQH/MBsGA1UdEQQUMBKCEHBpY3R1cmVz
LmV4YW1wbGUwCgYIKoZIzj0EAwIDSQAwRgIhAJR0+C7XP8uUp9n623NtGQSpdSza
++u9kG4ZXbfsr2gpAiEA/Tjp80BkFHRlinzU9MSPQLIItCJ1Hkc/6K04PMEBQVk=
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQQM7SJ8o2kdFJ5RW
ng8J/koHgA43p1T1PVJhx9jyzWWhRANCAATlDDqyJpYCtOmwedg96GGO2gH6hgC9
q8zsNy1b3Lfl428DV6ugiJdsYBcziV1YVy94LSt6j+Yz8Lwn+jalaLv4
-----END PRIVATE KEY-----
"""


def trust() -> ssl.SSLContext:
    """Return what a client believes that takes the certificate for good."""
    return ssl.create_default_context(cadata=CERTIFICATE)


def answer(body: bytes = b"", status: str = "200 OK", **headers: object) -> Script:
    """Return a script that sends an answer with its length, unless told another one."""
    headers = {"Content_Length": len(body), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value is not None]
    return say("\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("utf-8") + body)


def redirect(location: str, status: str = "302 Found") -> Script:
    """Return a script that sends elsewhere."""
    return answer(b"", status, Location=location)


def say(data: bytes) -> Script:
    """Return a script that sends these bytes and hangs up."""
    return lambda sock, _: sock.sendall(data)


class Web:
    """`names` are addresses by host name, `scripts` what each connection in turn is answered; the last one stays."""

    def __init__(self, *scripts: Script, names: dict[str, Sequence[str]] | None = None) -> None:
        self.names = names or {}
        self.scripts = list(scripts)
        self.resolved: list[tuple[str, int]] = []
        self.connected: list[tuple[str, int]] = []
        self.requests: list[str] = []
        self.greeted: list[str | None] = []  # host names that TLS was asked for
        self.dead: set[str] = set()  # addresses where nothing listens
        self._threads: list[threading.Thread] = []

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host; an unknown one is public."""
        self.resolved.append((host, port))
        return self.names.get(host, [PUBLIC])

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        """Return a connection whose other end plays the next script."""
        assert timeout > 0
        self.connected.append((address, port))
        if address in self.dead:
            raise ConnectionRefusedError
        near, far = socket.socketpair()
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        thread = threading.Thread(target=self._play, args=(script, far, port), daemon=True)
        self._threads.append(thread)
        thread.start()
        return near

    def wait(self) -> None:
        """Wait until all servers are done."""
        for thread in self._threads:
            thread.join(10)

    def _play(self, script: Script, far: socket.socket, port: int) -> None:
        with far, suppress(OSError):
            sock = self._secured(far) if port == 443 else far
            with sock:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += sock.recv(65_536) or b"\r\n\r\n"
                self.requests.append(request.decode())
                script(sock, self.requests[-1])

    def _secured(self, far: socket.socket) -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with NamedTemporaryFile("w") as file:  # the library takes keys from files only
            file.write(CERTIFICATE + KEY)
            file.flush()
            context.load_cert_chain(file.name)
        context.sni_callback = lambda _sock, name, _context: self.greeted.append(name)
        return context.wrap_socket(far, server_side=True)
