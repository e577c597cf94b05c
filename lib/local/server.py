"""The process of the embedded endpoint: a llama.cpp server that ends when its parent does.

lib.local.model runs it as `python -m lib.local.server`. One JSON line comes in, {"path", "alias", "key"}, so that the
key is in no argument list; one goes out, {"url"} or {"error"}. From then on standard input is watched: it ends with
the parent, however that ended, and this process with it.

A process of its own because the server's constructor holds the interpreter's lock while it loads the model, and because
a crash in native code would take the app along.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

SLOTS = 2
CONTEXT = 4096  # tokens a slot; two of them are 188 MB of memory for the small model
OOM_SCORE = Path("/proc/self/oom_score_adj")  # https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html
OOM_FIRST = 500  # of 1,000
MAX_THREADS = 4  # a model this small gains nothing from more, and the app needs some of the machine


def main(source: TextIO, sink: TextIO) -> None:
    """Serve as the first line of `source` orders, until `source` ends."""
    order = source.readline()
    if not order:
        return
    try:
        server = serve(**json.loads(order))
    except ImportError as error:
        say(sink, error=f"llama.cpp does not run on this machine: {error}.")
    except RuntimeError:
        say(sink, error="It is not a GGUF model that llama.cpp can load; the log says more.")
    else:
        say(sink, url=server.listening_address)
        source.read()


def say(sink: TextIO, **answer: str) -> None:
    """Write `answer` as one line."""
    print(json.dumps(answer), file=sink, flush=True)


def serve(path: str, alias: str, key: str) -> Any:
    """Start the server for the model at `path`; it runs in threads of its own while the result is kept.

    Raises ImportError where there is no llama.cpp, RuntimeError for a file it cannot load.
    """
    # Read once, when the library is loaded: without it, waiting threads spin and halve the speed on a busy machine.
    os.environ["OMP_WAIT_POLICY"] = "passive"
    import xllamacpp  # after the environment is set

    give_way()
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {alias}  # otherwise the answers name the path of the file
    size(params)
    close(params, key)
    return xllamacpp.Server(params)


def give_way(score: Path = OOM_SCORE) -> None:
    """Have the system end this process, and not the app, when memory runs out. Nothing where it has no such file."""
    with suppress(OSError):
        score.write_text(str(OOM_FIRST), encoding="ascii")


def size(params: Any) -> None:
    """Set what the server may use of the machine."""
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT
    params.cache_ram_mib = 0  # the default keeps up to 8 GB of old prompts
    params.fit_params = False  # sizes are given; measuring the machine takes longer than loading
    params.verbosity = 1  # errors only: no prompt and no key in the log
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = min(os.cpu_count() or 1, MAX_THREADS)


def close(params: Any, key: str) -> None:
    """Let in who is on this machine and has the key."""
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.cors_origins = ""
    params.cors_credentials = False
    params.ui = False
    params.endpoint_slots = False  # it shows the prompts of others


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what native code prints must not be taken for the answer
    main(sys.stdin, answers)
    os._exit(0)  # at once: the server's own end waits for the answers it is giving
