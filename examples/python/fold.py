"""Reads frames as JSON, one a line, and prints what a client holds after them. For tests: it needs no gateway."""

import json
import sys

from edge_chat import RoomView

view, gaps = RoomView(), 0
for line in sys.stdin:
    if not view.fold(json.loads(line)):
        gaps += 1
state = {name: getattr(view, name) for name in ("epoch", "seq", "floor", "viewers", "more", "notices")}
print(json.dumps({**state, "turns": list(view.turns.values()), "have": view.have(), "gaps": gaps}))
