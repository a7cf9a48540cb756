"""A web server on this machine that serves one file, as well or as badly as a test wants."""

import contextlib
import http.server
import threading


class FileServer:
    """Serves ``content`` at ``url``.

    ``ranges`` tells whether parts are served; ``etag`` and ``modified`` name the version; ``break_after`` closes
    each of the next connections after so many bytes of the body; ``refuse`` holds status codes to answer with first;
    ``hold`` is waited for after the first ``held_after`` bytes of a body. ``asked`` collects the Range of each request.
    """

    def __init__(self, content, name="choir.safetensors"):
        self.content, self.name = content, name
        self.ranges, self.etag, self.modified, self.kind = True, '"one"', "", "application/octet-stream"
        self.says_length = True
        self.break_after, self.refuse = [], []
        self.hold, self.held_after = None, 0
        self.asked, self.answered = [], []

    @contextlib.contextmanager
    def running(self):
        """Serve on a free port; everything has ended afterwards."""
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.root = f"http://127.0.0.1:{server.server_port}"
        self.url = f"{self.root}/models/{self.name}?version=1"
        try:
            yield self
        finally:
            if self.hold is not None:
                self.hold.set()
            server.shutdown()
            server.server_close()
            thread.join()

    def answer(self, handler):
        """Answer one request."""
        self.asked.append(handler.headers.get("Range", ""))
        if self.refuse:
            status = self.refuse.pop(0)
            self.answered.append(status)
            handler.send_error(status)
            return
        start = self._start(handler.headers)
        if start >= len(self.content) > 0:
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(self.content)}")
            handler.end_headers()
            self.answered.append(416)
            return
        self._head(handler, start)
        with contextlib.suppress(ConnectionError):
            self._body(handler, self.content[start:])

    def _start(self, headers):
        asked = headers.get("Range", "")
        same = headers.get("If-Range", self.etag) in {self.etag, self.modified}
        return int(asked.removeprefix("bytes=").partition("-")[0]) if self.ranges and asked and same else 0

    def _head(self, handler, start):
        total = len(self.content)
        partial = bool(start)
        self.answered.append(206 if partial else 200)
        handler.send_response(self.answered[-1])
        if partial:
            handler.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        if self.says_length:
            handler.send_header("Content-Length", str(total - start))
        for name, value in (("ETag", self.etag), ("Last-Modified", self.modified), ("Content-Type", self.kind)):
            if value:
                handler.send_header(name, value)
        handler.end_headers()

    def _body(self, handler, body):
        if self.break_after:
            body = body[: self.break_after.pop(0)]
        if self.hold is not None:
            handler.wfile.write(body[: self.held_after])
            handler.wfile.flush()
            self.hold.wait(20)
            body = body[self.held_after :]
        handler.wfile.write(body)
