"""The spectrograms of a scene, of what was decoded of it, and of their difference, channel by channel."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from sepstudio.gui.codec.channel_names import channel_text, order_edges
from sepstudio.gui.panes.base import Pane, Sound
from sepstudio.gui.panes.display import OWN_FIELDS
from sepstudio.gui.panes.loader import TileLoader, TileNews
from sepstudio.gui.panes.pair import DifferencePane
from sepstudio.gui.panes.spectrogram import SpectrogramPane
from sepstudio.gui.tabs.codec import CodecTab
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, current_palette, stem_colour
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.widgets.labels import label
from sepstudio.io.clip import AudioClip
from sepstudio.io.picked import PickedClip
from sepstudio.separation.codec_method import CHANNELS
from sepstudio.tiles.pyramids import ClipPyramids

Picked = tuple[int, ...]

_EMPTY = {
    "reference": "Open a scene of 16 channels or more: its spectrogram appears here.",
    "decoded": "Encode the scene: the spectrogram of what is decoded appears here.",
    "difference": "The difference of both spectrograms appears here: red where the decoded scene is louder.",
}
# Clips of channels that were looked at keep their pyramids.
_MOST_PICKED = 24


@dataclass(frozen=True, eq=False)
class Shown:
    """What the panes show: the reference and a decoded clip that begins at a second of it, of AmbiX channels."""

    reference: AudioClip
    decoded: AudioClip | None = None
    begins_s: float = 0.0
    title: str = ""


class ScenePane(SpectrogramPane):
    """The spectrogram of a scene, whose contrast follows all of ``companions``: colours can be compared."""

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self.companions: Mapping[str, Pane] = {}
        super().__init__(timeline, loader, parent)

    def leveled(self) -> tuple[ClipPyramids, ...]:
        """Return the recordings of all companions."""
        scenes = [pane for pane in self.companions.values() if isinstance(pane, ScenePane)]
        return tuple(pyramids for pane in scenes for pyramids in pane.all_pyramids) or self.all_pyramids

    def _on_news(self, news: TileNews) -> None:
        super()._on_news(news)
        if news.pyramids in self.leveled():
            self._follow_levels()


class ChannelChoice(QComboBox):
    """All channels together, all of an order, or a single one; its data are the channels, counted from 0."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.channel")
        self.setAccessibleName("Channels on show")
        self.setToolTip("Which channels the spectrograms show; of several the loudest at each point")
        self.setFixedHeight(CONTROL_HEIGHT)
        self.setMaxVisibleItems(24)
        for text, channels in _choices():
            self.addItem(text, channels)
        self.choose((0,))

    @property
    def channels(self) -> Picked:
        """The channels that are chosen."""
        return tuple(self.currentData())

    def choose(self, channels: Picked) -> None:
        """Show a choice; who listens is told as by hand."""
        places = [place for place in range(self.count()) if tuple(self.itemData(place)) == channels]
        if places:
            self.setCurrentIndex(places[0])

    def step(self, by: int) -> None:
        """Go to the next choice, or to one before."""
        self.setCurrentIndex((self.currentIndex() + by) % self.count())


class CodecViews(QObject):
    """Three panes of the tab and the choice of channels above them; ``channelsChanged`` says that it is another."""

    channelsChanged = Signal()

    def __init__(self, tab: CodecTab) -> None:
        super().__init__(tab)
        self._tab = tab
        self._shown: Shown | None = None
        self._picked: dict[tuple[int, Picked], PickedClip] = {}
        self.choice = ChannelChoice()
        self.choice.currentIndexChanged.connect(self._on_choice)
        self.head = _head(self.choice)
        self.panes: dict[str, Pane] = {}

    def make_pane(self, name: str) -> None:
        """Make one of the panes, ``reference``, ``decoded`` or ``difference``, which takes 20 ms; it joins later."""
        kind = DifferencePane if name == "difference" else ScenePane
        pane = self.panes[name] = kind(self._tab.timeline, self._tab.loader)
        pane.setObjectName(f"codec.{name}")
        pane.setAccessibleName(f"Spectrogram of the {name}" if name != "difference" else "Difference of both")
        if isinstance(pane, ScenePane):
            # The axes of all three are one.
            pane.displayChanged.connect(self._share_display)
            pane.companions = self.panes

    def join_pane(self, name: str) -> None:
        """Put a pane that was made among those on show; takes some 20 ms too."""
        self._tab.add_pane(self.panes[name], share=1.0)
        self._fill(name)

    def show(self, shown: Shown | None) -> None:
        """Show a scene and what was decoded of it, or nothing."""
        self._shown = shown
        if shown is None:
            self._picked.clear()
        for name in self.panes:
            self._fill(name)

    @property
    def channels(self) -> Picked:
        """The channels on show, counted from 0 in ACN."""
        return self.choice.channels

    # -- filling -----------------------------------------------------------------------------

    def _fill(self, name: str) -> None:
        pane, shown = self.panes[name], self._shown
        if shown is None:
            pane.clear(_EMPTY[name])
        elif name == "reference":
            pane.set_sounds([self._reference(shown)])
        elif shown.decoded is None:
            pane.clear(_EMPTY[name])
        elif name == "decoded":
            pane.set_sounds([self._decoded(shown)])
        else:
            pane.set_sounds([self._decoded(shown), self._reference(shown)])

    def _reference(self, shown: Shown) -> Sound:
        return Sound(self._pick(shown.reference), 0.0, f"reference, {self._named()}", current_palette().accent)

    def _decoded(self, shown: Shown) -> Sound:
        title = f"{shown.title}, {self._named()}"
        return Sound(self._pick(shown.decoded), shown.begins_s, title, stem_colour("decoded"))

    def _named(self) -> str:
        return self.choice.currentText()

    def _pick(self, clip: AudioClip) -> AudioClip:
        """Return the channels on show, the same clip for the same ones: what was drawn is known by its clip."""
        channels = self.channels
        if len(channels) == clip.channels:
            return clip
        key = (id(clip), channels)
        known = self._picked.pop(key, None)
        if known is None or known.clip is not clip:
            known = PickedClip(clip, channels)
        self._picked[key] = known
        while len(self._picked) > _MOST_PICKED:
            del self._picked[next(iter(self._picked))]
        return known

    # -- answers -----------------------------------------------------------------------------

    def _on_choice(self, _index: int) -> None:
        for name in self.panes:
            self._fill(name)
        self.channelsChanged.emit()

    def _share_display(self, changed: ScenePane) -> None:
        for pane in self.panes.values():
            if pane is not changed:
                own = {name: getattr(pane.display, name) for name in OWN_FIELDS}
                pane.set_display(dataclasses.replace(changed.display, **own))


def _choices() -> Iterator[tuple[str, Picked]]:
    yield "all channels", tuple(range(CHANNELS))
    edges = order_edges(CHANNELS)
    for order, (first, stop) in enumerate(itertools.pairwise(edges[1:]), 1):
        yield f"order {order}", tuple(range(first, stop))
    for channel in range(CHANNELS):
        yield channel_text(channel), (channel,)


def _head(choice: ChannelChoice) -> QWidget:
    head = QWidget()
    head.setObjectName("codec.head")
    text = label("Channels")
    text.setBuddy(choice)
    row = QHBoxLayout(head)
    row.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
    row.setSpacing(GRID)
    row.addWidget(text, 0, Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(choice)
    row.addStretch(1)
    return head
