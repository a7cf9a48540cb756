"""Head trackers that speak Open Sound Control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from sepstudio.errors import UserError
from sepstudio.io.osc import read_datagram
from sepstudio.playback.head import FRONT, Orientation
from sepstudio.playback.head_tracking import Signs, turn_of

if TYPE_CHECKING:
    from PySide6.QtNetwork import QUdpSocket

# More would hold up the window; the rest is taken at the next turn of its loop.
_MOST_AT_ONCE = 64


class HeadTracker(QObject):
    """Hears datagrams on a port while it is on; ``turned`` carries the Orientation of the head.

    ``changed`` says that ``told`` is another text.
    """

    turned = Signal(object)
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._socket: QUdpSocket | None = None
        self._told = ""
        self._said = FRONT
        self._ahead = 0.0
        self._signs = Signs()

    @property
    def told(self) -> str:
        """What is wrong, or what is waited for; empty where a tracker speaks, or none shall be heard."""
        return self._told

    @property
    def port(self) -> int:
        """The port that is listened at, 0 for none."""
        return self._socket.localPort() if self._socket is not None else 0

    def listen(self, port: int, *, network: bool = False) -> None:
        """Listen at a port from now on, of this computer alone or of the whole network."""
        # Of use to those who have a tracker; the others need not wait for it at the start.
        from PySide6.QtNetwork import QHostAddress, QUdpSocket

        self.close()
        socket = QUdpSocket(self)
        address = QHostAddress.SpecialAddress.Any if network else QHostAddress.SpecialAddress.LocalHost
        if not socket.bind(QHostAddress(address), port):
            self._tell(f"Port {port} cannot be used ({socket.errorString()}): choose another one in the preferences")
            socket.deleteLater()
            return
        socket.readyRead.connect(self._read)
        self._socket = socket
        self._tell(f"No tracker at port {socket.localPort()} yet")

    def close(self) -> None:
        """Listen no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket.deleteLater()
            self._socket = None
        self._said, self._ahead = FRONT, 0.0
        self._tell("")

    def set_signs(self, signs: Signs) -> None:
        """Turn angles of the tracker round from now on."""
        self._signs = signs

    def look_ahead(self) -> None:
        """Take for straight ahead where the head looks now."""
        self._ahead = self._signs.applied(self._said).degrees[0]

    def _read(self) -> None:
        socket, before, heard = self._socket, self._said, False
        for _ in range(_MOST_AT_ONCE):
            if socket is None or not socket.hasPendingDatagrams():
                break
            heard = self._take(bytes(socket.receiveDatagram().data().data())) or heard
        else:
            # Nobody tells again of what waits already.
            QTimer.singleShot(0, self._read)
        if heard:
            self._tell("")
        if self._said != before:
            yaw, pitch, roll = self._signs.applied(self._said).degrees
            self.turned.emit(Orientation.of_degrees(yaw - self._ahead, pitch, roll))

    def _take(self, data: bytes) -> bool:
        """Take what a datagram says; return whether that was about a head."""
        try:
            messages = read_datagram(data)
        except UserError as error:
            self._tell(f"No OSC at port {self.port}: {error.what.lower()} {error.why}")
            return False
        heard = False
        for message in messages:
            said = turn_of(message, self._said)
            heard = heard or said is not None
            self._said = said or self._said
        return heard

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self.changed.emit()
