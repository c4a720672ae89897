"""A language model of ours on 127.0.0.1: it says what a test tells it to, in order."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What is sent back: status, body, after how many seconds, of what type."""

    body: str
    status: int = 200
    delay: float = 0.0
    kind: str = "application/json"
    cut: int = 0  # bytes that are promised and never sent
    drip: float = 0.0  # seconds between single characters


def said(content: object) -> Reply:
    """A chat completion whose message is text, or the JSON of an object."""
    text = content if isinstance(content, str) else json.dumps(content)
    return Reply(
        json.dumps(
            {
                "id": "1",
                "object": "chat.completion",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}],
                "usage": {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46},
            }
        )
    )


@dataclass
class Stub:
    """The served replies (the last one again and again) and the requests that came.

    headers: those of each request, their names in lower case.
    """

    url: str
    replies: list[Reply]
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def served(*replies: Reply) -> Iterator[Stub]:
    """A server on a free port while the block runs."""
    stub = Stub("", list(replies))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            stub.requests.append(json.loads(self.rfile.read(size)))
            stub.headers.append({name.lower(): said for name, said in self.headers.items()})
            reply = stub.next()
            time.sleep(reply.delay)
            body = reply.body.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(body) + reply.cut))
            self.end_headers()
            try:
                for piece in [body] if not reply.drip else [bytes([byte]) for byte in body]:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    time.sleep(reply.drip)
            except OSError:
                pass  # the client gave up, as it should

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    stub.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
