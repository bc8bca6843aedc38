"""A client of an edge-chat-gateway room, written from docs/schema/asyncapi.json alone.

Standard library and `websockets` (Debian: python3-websockets). `RoomView` folds frames and knows no network; `Client` holds the
socket, resumes after a lost one and submits again what the room has not shown.
"""

import asyncio
import json
import random
import uuid

import websockets

VERSION = 2
TEXT_FIELDS = {"text-delta": "delta", "reasoning-delta": "delta", "tool-input-delta": "inputTextDelta"}
RUN_KEYS = {"text-delta": "id", "reasoning-delta": "id", "tool-input-delta": "toolCallId"}


def text_of_part(part):
    """The counted text of a part, or None for a part that counts one unit."""
    field = TEXT_FIELDS.get(part["type"])
    text = part.get(field) if field else None
    if text is None or (text == "" and set(part) - {"type", field, RUN_KEYS[part["type"]]}):
        return None
    return text


def units(text):
    """UTF-16 code units, as the wire counts them."""
    return len(text.encode("utf-16-le")) // 2


def length_of(parts):
    texts = [text_of_part(part) for part in parts]
    return sum(1 if text is None else units(text) for text in texts)


def slice_parts(parts, start, end):
    """The units from start to end."""
    taken, at = [], 0
    for part in parts:
        text = text_of_part(part)
        size = 1 if text is None else units(text)
        low, high = max(start - at, 0), min(end - at, size)
        if low < high:
            if text is None:
                taken.append(part)
            else:
                cut = text.encode("utf-16-le")[low * 2 : high * 2].decode("utf-16-le")
                taken.append({**part, TEXT_FIELDS[part["type"]]: cut})
        at += size
    return taken


def join_parts(parts, more):
    """Appends; neighbours of one run become one part."""
    joined = list(parts)
    for part in more:
        last, text = (joined[-1] if joined else None), text_of_part(part)
        key = RUN_KEYS.get(part["type"])
        if last is not None and text is not None and text_of_part(last) is not None:
            if last["type"] == part["type"] and last.get(key) == part.get(key):
                field = TEXT_FIELDS[part["type"]]
                joined[-1] = {**last, field: last[field] + part[field]}
                continue
        joined.append(part)
    return joined


class RoomView:
    """What a client holds of a room. `fold` returns False where something is missing: then send a sync-request."""

    def __init__(self):
        self.epoch, self.seq, self.floor = None, 0, 0
        self.turns = {}  # by id, in the conversation's order
        self.viewers, self.more, self.notices = 0, False, []

    def have(self):
        open_turns = [turn for turn in self.turns.values() if turn["state"] not in ("queued", "settled")]
        offsets = {turn["id"]: turn["length"] for turn in open_turns[-32:]}
        return None if self.epoch is None else {"epoch": self.epoch, "seq": self.seq, "offsets": offsets}

    def fold(self, frame):
        fold = getattr(self, "_" + frame["type"].replace("-", "_"), None)
        if fold is None:
            return True  # an unknown type, or one about the connection
        if "seq" not in frame or frame["type"] == "sync":
            return fold(frame)
        if self.epoch is None or frame["seq"] > self.seq + 1:
            return False
        if frame["seq"] > self.seq:
            if not fold(frame):
                return False
            self.seq = frame["seq"]
        return True

    def _turn_queued(self, frame):
        turn = {"id": frame["turnId"], "state": "queued", "parts": [], "length": 0}
        for field in ("input", "author", "createdAt", "continues", "metadata", "position", "etaMs"):
            if field in frame:
                turn[field] = frame[field]
        self.turns.pop(turn["id"], None)
        self.turns[turn["id"]] = turn
        return True

    def _turn_position(self, frame):
        turn = self.turns.get(frame["turnId"])
        if turn is not None and turn["state"] == "queued":
            turn.pop("etaMs", None)
            turn.update({field: frame[field] for field in ("position", "etaMs") if field in frame})
        return True

    def _turn_start(self, frame):
        turn = self.turns.get(frame["turnId"])
        if turn is None:
            return False
        for field in ("position", "etaMs"):
            turn.pop(field, None)
        turn["state"] = "opening"
        return True

    def _turn_delta(self, frame):
        turn = self.turns.get(frame["turnId"])
        if turn is not None and turn["state"] == "settled":
            return True
        if turn is None or frame["offset"] > turn["length"]:
            return False
        fresh = slice_parts(frame["parts"], turn["length"] - frame["offset"], length_of(frame["parts"]))
        if fresh:
            turn["parts"] = join_parts(turn["parts"], fresh)
            turn["length"] += length_of(fresh)
            turn["state"] = "streaming"
            turn.pop("notice", None)
            if "simulated" in frame:
                turn["simulated"] = frame["simulated"]
        return True

    def _turn_end(self, frame):
        turn = self.turns.get(frame["turnId"])
        if turn is None or turn["length"] < frame["length"]:
            return False
        for field in ("position", "etaMs", "notice"):
            turn.pop(field, None)
        turn.update({field: value for field, value in frame.items() if field not in ("type", "seq", "turnId")})
        turn["parts"] = slice_parts(turn["parts"], 0, frame["length"])
        turn["state"] = "settled"
        return True

    def _turn_removed(self, frame):
        for turn_id in frame["turnIds"]:
            self.turns.pop(turn_id, None)
        return True

    def _presence(self, frame):
        self.viewers = frame["viewers"]
        return True

    def _notice(self, frame):
        if "turnId" in frame:
            turn = self.turns.get(frame["turnId"])
            if turn is not None and turn["state"] != "settled":
                turn["notice"] = frame
                if frame["code"] == "upstream-resuming":
                    turn["state"] = "resuming"
            return True
        same = lambda notice: notice["code"] == frame["code"] and notice["scope"] == frame["scope"]
        self.notices = [notice for notice in self.notices if not same(notice)] + [frame]
        return True

    def _sync(self, frame):
        is_snapshot = frame["mode"] == "snapshot"
        if not is_snapshot and frame["epoch"] != self.epoch:
            self.__init__()
            return False
        if not is_snapshot and frame["seq"] < self.seq:
            return True
        turns = {} if is_snapshot else dict(self.turns)
        for turn_id in frame.get("removed", []):
            turns.pop(turn_id, None)
        for turn in turns.values():
            turn.pop("notice", None)
        for listed in frame["turns"]:
            copy = turns.get(listed["id"], {"parts": [], "length": 0})
            parts = join_parts(slice_parts(copy["parts"], 0, listed["from"]), listed["parts"])
            if copy["length"] < listed["from"] or length_of(parts) != listed["length"]:
                self.turns[listed["id"]] = {"id": listed["id"], "state": "resuming", "parts": [], "length": 0}
                return False
            kept = {field: copy[field] for field in ("input", "author", "createdAt", "continues", "metadata") if field in copy}
            turns[listed["id"]] = {**kept, **{k: v for k, v in listed.items() if k != "from"}, "parts": parts}
        self.more = frame.get("more", False) if is_snapshot else self.more or frame.get("more", False)
        self.epoch, self.seq, self.floor, self.turns = frame["epoch"], frame["seq"], frame["floor"], turns
        self.notices = []
        return True


class Refused(Exception):
    """The room refused for good; `code` says why."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Client:
    """`async with Client(url, room) as chat: print(await chat.ask("Hi"))`. `url` is ws:// or wss://, with a prefix if there is one."""

    def __init__(self, url, room, token=None):
        self.address, self.token = f"{url.rstrip('/')}/parties/chat/{room}", token
        self.view, self.pending, self.errors = RoomView(), {}, {}
        self.socket, self.refused, self.changed = None, None, asyncio.Condition()

    async def __aenter__(self):
        self.task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def ask(self, prompt, **options):
        """Resolves with the turn once it is over. The turn id makes the submit safe to send again after each reconnect."""
        turn_id = uuid.uuid4().hex
        self.pending[turn_id] = {"type": "turn-submit", "turnId": turn_id, "input": {"prompt": prompt}, **options}
        if self.view.epoch is not None:
            self.pending[turn_id]["epoch"] = self.view.epoch
            await self._send(self.pending[turn_id])
        is_over = lambda: self.view.turns.get(turn_id, {}).get("state") == "settled"
        async with self.changed:
            await self.changed.wait_for(lambda: is_over() or turn_id in self.errors or self.refused)
        if self.refused:
            raise self.refused
        if turn_id in self.errors:
            raise Refused(self.errors[turn_id]["code"], self.errors[turn_id]["message"])
        return self.view.turns[turn_id]

    async def stop(self, turn_id):
        await self._send({"type": "turn-cancel", "turnId": turn_id})

    async def _send(self, frame):
        try:
            if self.socket is not None:
                await self.socket.send(json.dumps(frame))
        except websockets.ConnectionClosed:
            pass  # the next connection sends it again

    async def _run(self):
        failures = 0
        while True:
            try:
                offer = ["edge-chat.v1", f"bearer.{self.token}"] if self.token else None
                async with websockets.connect(self.address, subprotocols=offer, max_size=None, ping_interval=None) as socket:
                    hello = {"type": "hello", "version": VERSION, "have": self.view.have()}
                    await socket.send(json.dumps({key: value for key, value in hello.items() if value is not None}))
                    pings = None
                    try:
                        async for text in socket:
                            if text == "pong":
                                continue
                            frame = json.loads(text)
                            if frame["type"] == "welcome":
                                failures = 0
                                pings = asyncio.create_task(self._ping(socket, frame["heartbeatMs"] / 1000))
                            await self._take(socket, frame)
                    except websockets.ConnectionClosed:
                        pass  # its code is looked at below
                    finally:
                        self.socket = None
                        if pings is not None:
                            pings.cancel()
                    code = socket.close_code or 1006
                    if 4400 <= code < 4450:
                        self.refused = Refused(socket.close_reason or str(code), "the room refuses this client")
                        await self._tell()
                        return
            except (OSError, websockets.InvalidHandshake, websockets.ConnectionClosed):
                pass
            failures += 1
            await asyncio.sleep(random.uniform(0, min(10, 0.5 * 2 ** (failures - 1))))

    async def _take(self, socket, frame):
        if not self.view.fold(frame):
            have = self.view.have()
            again = {"type": "sync-request", "have": have} if have else {"type": "hello", "version": VERSION}
            await socket.send(json.dumps(again))
        elif frame["type"] == "sync" and self.socket is None:
            self.socket = socket
            for submit in list(self.pending.values()):
                submit.setdefault("epoch", self.view.epoch)
                await self._send(submit)
        if frame["type"] == "error" and frame.get("turnId") in self.pending and not frame["retryable"]:
            self.errors[frame["turnId"]] = frame
        for turn_id in list(self.pending):
            if turn_id in self.view.turns or turn_id in self.errors:
                del self.pending[turn_id]
        await self._tell()

    async def _tell(self):
        async with self.changed:
            self.changed.notify_all()

    @staticmethod
    async def _ping(socket, seconds):
        while True:
            await asyncio.sleep(seconds)
            await socket.send("ping")


def text_of(turn):
    return "".join(part["delta"] for part in turn["parts"] if part["type"] == "text-delta")
