"""One connection of a benchmark: it registers, joins a room, sends, and counts what it is sent."""

import re
import selectors
import socket
import ssl
import zlib
from array import array

from scripts.benchmarks.address import Address

RECEIVE_BYTES = 256 * 1024
SMALL_BUFFER = 4096  # bytes that the system takes for those who do not read
# About what, and why: an error about a nick or a room, or the end of the connection.
REFUSAL = re.compile(rb"^(?:\S+ 4\d\d \S+ (\S+)|ERROR) :(.*?)\r?$", re.MULTILINE)
MARK = re.compile(rb" :~([0-9a-f]{16})")  # before the text of each message: when it was sent, in ns


class BenchmarkServer:
    """A connection to a server, and what it has heard so far."""

    def __init__(self, number: int, nick: str, room: str, capabilities: str, is_mute: bool) -> None:
        self.number = number
        self.nick = nick
        self.room = room
        self.is_mute = is_mute  # once all are there, it never reads
        self.is_reading = True
        self.is_open = False
        self.echoes = False  # whether it hears what it says itself
        self.stage = "new"  # then "registered", "joined"
        self.refusal = ""  # what the server said when it did not let it get there
        self.deliveries = 0
        self.order = 0  # a checksum of all messages in the order they came
        self.waits: array[int] = array("q")  # ns between sending and receiving
        self.hears = f"{room} {capabilities}"  # all of whom this is the same are sent the same bytes
        self._capabilities = capabilities
        self._tail = b""
        self._out = b""
        self._is_shaking = False  # what waits to be sent waits for the server

    def dial(self, address: Address, selector: selectors.BaseSelector) -> None:
        """Begin to connect and to register."""
        self.socket = address.new_socket()
        if self.is_mute:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
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
        """Send bytes, now or as soon as the socket takes them."""
        if not self.is_open:
            return
        was_waiting = bool(self._out)
        self._out += data
        if not was_waiting:
            self.flush()

    def flush(self) -> None:
        """Send what waits; as long as hands are being shaken (TLS), the server has to answer before."""
        self._is_shaking = False
        try:
            sent = self.socket.send(self._out)
        except ssl.SSLWantReadError:
            sent, self._is_shaking = 0, True
        except (BlockingIOError, ssl.SSLWantWriteError):
            sent = 0
        except OSError:
            self.close()
            return
        self._out = self._out[sent:]
        self._watch()

    def _watch(self) -> None:
        """Wait for the socket to take more only as long as something waits for that."""
        is_full = bool(self._out) and not self._is_shaking
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if is_full else 0)
        if wanted != self._watched:
            self._selector.modify(self.socket, wanted, self)
            self._watched = wanted

    def stop_reading(self) -> None:
        """Be a client that does not read any more."""
        self.is_reading = False
        self._selector.unregister(self.socket)

    def receive(self) -> bytes:
        """Return the whole lines that have come; nothing when there are none or the connection has ended."""
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except ssl.SSLWantReadError:
            self._go_on_shaking()
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

    def _go_on_shaking(self) -> None:
        """Send what had to wait for the server's part of the handshake, of which something has come."""
        if self._is_shaking:
            self.flush()

    def advance(self, lines: bytes) -> None:
        """Go on with registering and joining; leave when that is refused."""
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
        """Return what the server says that refuses the nick, the room or the connection; nothing if none of it does."""
        mine = (b"", self.nick.encode(), self.room.encode())
        whys = [why for about, why in REFUSAL.findall(lines) if about in mine]
        return whys[-1].decode(errors="replace") if whys else ""

    def _has_joined(self, lines: bytes) -> bool:
        """Whether the list of those in the room has come (RPL_ENDOFNAMES)."""
        return re.search(rb" 366 \S+ " + re.escape(self.room.encode()), lines) is not None

    def answer_pings(self, lines: bytes) -> None:
        """Show that one is there."""
        if b"PING " not in lines:
            return
        for token in re.findall(rb"^(?::\S+ )?PING (.*?)\r?$", lines, re.MULTILINE):
            self.send(b"PONG " + token + b"\r\n")

    def count(self, lines: bytes, now: int, every: bool) -> int:
        """Count the messages among the lines and return how many they are; time each, or only the last of them."""
        found = lines.count(b" PRIVMSG ")
        if found != lines.count(b"\n"):
            self.answer_pings(lines)
            lines = b"".join(line for line in lines.splitlines(keepends=True) if b" PRIVMSG " in line)
        if not found:
            return 0
        self.order = zlib.crc32(lines, self.order)
        self.deliveries += found
        if every:
            self.waits.extend(now - int(mark, 16) for mark in MARK.findall(lines))
        else:
            last = MARK.search(lines, lines.rfind(b" :~"))
            if last is not None:
                self.waits.append(now - int(last[1], 16))
        return found

    def close(self) -> None:
        """End the connection."""
        if self.is_open:
            self.is_open = False
            if self.is_reading:
                self._selector.unregister(self.socket)
            self.socket.close()
