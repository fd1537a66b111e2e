"""The two addresses of a witness: add-checkpoint, and the last checkpoint it cosigned of each log."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from rollbook.services.outside.witness import Witness
from rollbook.tlog.notes import LONGEST_NOTE
from rollbook.tlog.witness import ADD_CHECKPOINT, MOST_HASHES, SIZE_TYPE, WitnessRefused

LONGEST_REQUEST: Final = LONGEST_NOTE + 64 * (MOST_HASHES + 1)
# A caller that sends a byte now and then may not hold a thread for ever.
SECONDS: Final = 10
_TEXT: Final = "text/plain; charset=utf-8"


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness under `host:port`, or under the port that `server_address` says where the port given is 0."""

    daemon_threads = True

    def __init__(self, witness: Witness, host: str, port: int) -> None:
        super().__init__((host, port), _Handler)
        self.witness = witness

    @property
    def address(self) -> str:
        """The submission prefix, which is the monitoring prefix too."""
        host, port = self.server_address[:2]
        return f"http://{host if isinstance(host, str) else host.decode()}:{port}"


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout = SECONDS
    server_version = "rollbook-witness"

    def do_POST(self) -> None:
        """add-checkpoint."""
        length = self.headers.get("Content-Length", "")
        if self.path != f"/{ADD_CHECKPOINT}":
            self._answer(404, b"not found\n", close=True)
        elif not length.isdigit() or "Transfer-Encoding" in self.headers:
            self._answer(400, b"a length is needed\n", close=True)
        elif int(length) > LONGEST_REQUEST:
            self._answer(413, b"too long\n", close=True)
        else:
            self._add(self.rfile.read(int(length)))

    def do_GET(self) -> None:
        """The last checkpoint cosigned of one log."""
        note = self.server.witness.last(self.path.removeprefix("/"))
        self._answer(404, b"not found\n") if note is None else self._answer(200, note)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: who asks a witness is nobody's business."""

    def _add(self, data: bytes) -> None:
        try:
            self._answer(200, self.server.witness.add_checkpoint(data, int(time.time())))
        except WitnessRefused as refused:
            if refused.size is not None:
                self._answer(refused.status, f"{refused.size}\n".encode(), SIZE_TYPE)
            else:
                self._answer(refused.status, f"{refused.reasons[0].message}\n".encode())

    def _answer(self, status: int, body: bytes, kind: str = _TEXT, *, close: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if close:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)
