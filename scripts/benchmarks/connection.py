"""A benchmark connection: registers, joins a room, sends, and counts the messages received."""

import re
import selectors
import socket
import ssl
import zlib
from array import array

from scripts.benchmarks.address import Address

RECEIVE_BYTES = 256 * 1024
NON_READER_BUFFER_BYTES = 4096  # receive buffer of connections that never read
# Matches an error numeric with its subject and reason, or an ERROR message with its reason.
REFUSAL = re.compile(rb"^(?:\S+ 4\d\d \S+ (\S+)|ERROR) :(.*?)\r?$", re.MULTILINE)
TIMESTAMP = re.compile(rb" :~([0-9a-f]{16})")  # starts each message: the time of sending in nanoseconds


class BenchmarkConnection:
    """A connection that counts, checksums and times the messages it receives."""

    def __init__(self, number: int, nick: str, room: str, capabilities: str, never_reads: bool) -> None:
        self.number = number
        self.nick = nick
        self.room = room
        self.never_reads = never_reads  # stops reading once all users are connected
        self.is_reading = True
        self.is_open = False
        self.echoes = False  # whether its own messages are echoed (echo-message)
        self.stage = "new"  # then "registered", "joined"
        self.refusal = ""  # the server's reason for refusing it
        self.deliveries = 0
        self.checksum = 0  # CRC of all messages in order of arrival
        self.latencies: array[int] = array("q")  # nanoseconds between sending and receiving
        self.stream = f"{room} {capabilities}"  # equal streams receive the same bytes
        self._capabilities = capabilities
        self._tail = b""
        self._out = b""
        self._is_handshaking = False  # the TLS handshake waits for the server

    def connect(self, address: Address, selector: selectors.BaseSelector) -> None:
        """Start connecting and registering."""
        self.socket = address.new_socket()
        if self.never_reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NON_READER_BUFFER_BYTES)
        self.socket.setblocking(False)
        self.socket.connect_ex((address.host, address.port))
        self.is_open = True
        self._selector = selector
        self._out = "".join(f"{line}\r\n" for line in self._greeting()).encode()
        self._watched = selectors.EVENT_READ | selectors.EVENT_WRITE
        selector.register(self.socket, self._watched, self)

    def _greeting(self) -> list[str]:
        names = [f"NICK {self.nick}", f"USER {self.nick} 0 * :bench"]
        return [f"CAP REQ :{self._capabilities}", *names, "CAP END"] if self._capabilities else names

    def send(self, data: bytes) -> None:
        """Send bytes, now or once the socket is writable."""
        if not self.is_open:
            return
        was_waiting = bool(self._out)
        self._out += data
        if not was_waiting:
            self.flush()

    def flush(self) -> None:
        """Send pending bytes; during a TLS handshake this may have to wait for the server."""
        self._is_handshaking = False
        try:
            sent = self.socket.send(self._out)
        except ssl.SSLWantReadError:
            sent, self._is_handshaking = 0, True
        except (BlockingIOError, ssl.SSLWantWriteError):
            sent = 0
        except OSError:
            self.close()
            return
        self._out = self._out[sent:]
        self._watch()

    def _watch(self) -> None:
        """Wait for writability only while bytes are pending."""
        is_full = bool(self._out) and not self._is_handshaking
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if is_full else 0)
        if wanted != self._watched:
            self._selector.modify(self.socket, wanted, self)
            self._watched = wanted

    def stop_reading(self) -> None:
        """Stop reading until the connection is closed."""
        self.is_reading = False
        self._selector.unregister(self.socket)

    def receive(self) -> bytes:
        """Return the complete lines received; empty if none, or if the connection has ended."""
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except ssl.SSLWantReadError:
            self._continue_handshake()
            return b""
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self.close()
            return b""
        data = self._tail + data
        end = data.rfind(b"\n") + 1
        self._tail = data[end:]
        return data[:end]

    def _continue_handshake(self) -> None:
        if self._is_handshaking:
            self.flush()

    def advance(self, lines: bytes) -> None:
        """Continue registering and joining; disconnect when refused."""
        self.answer_pings(lines)
        self.refusal = self._refusal_in(lines)
        if self.refusal:
            self.close()
            return
        self.echoes = self.echoes or re.search(rb" ACK :.*echo-message", lines) is not None
        if self.stage == "new" and b" 001 " in lines:
            self.stage = "registered"
            if self.room:
                self.send(f"JOIN {self.room}\r\n".encode())
        if self.stage == "registered" and self.room and self._has_joined(lines):
            self.stage = "joined"

    def _refusal_in(self, lines: bytes) -> str:
        """Return the server's reason for refusing the nick, room or connection; empty if none."""
        subjects = (b"", self.nick.encode(), self.room.encode())
        reasons = [reason for subject, reason in REFUSAL.findall(lines) if subject in subjects]
        return reasons[-1].decode(errors="replace") if reasons else ""

    def _has_joined(self, lines: bytes) -> bool:
        """Return whether RPL_ENDOFNAMES for the room has arrived."""
        return re.search(rb" 366 \S+ " + re.escape(self.room.encode()), lines) is not None

    def answer_pings(self, lines: bytes) -> None:
        if b"PING " not in lines:
            return
        for token in re.findall(rb"^(?::\S+ )?PING (.*?)\r?$", lines, re.MULTILINE):
            self.send(b"PONG " + token + b"\r\n")

    def count(self, lines: bytes, now: int, every: bool) -> int:
        """Return the number of messages in the lines, and record latencies.

        `now` is in nanoseconds. With `every`, each message is timed, otherwise only the last.
        """
        found = lines.count(b" PRIVMSG ")
        if found != lines.count(b"\n"):
            self.answer_pings(lines)
            lines = b"".join(line for line in lines.splitlines(keepends=True) if b" PRIVMSG " in line)
        if not found:
            return 0
        self.checksum = zlib.crc32(lines, self.checksum)
        self.deliveries += found
        if every:
            self.latencies.extend(now - int(stamp, 16) for stamp in TIMESTAMP.findall(lines))
        else:
            last = TIMESTAMP.search(lines, lines.rfind(b" :~"))
            if last is not None:
                self.latencies.append(now - int(last[1], 16))
        return found

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            if self.is_reading:
                self._selector.unregister(self.socket)
            self.socket.close()
