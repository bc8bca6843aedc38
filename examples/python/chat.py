"""Asks one question: python3 chat.py ws://127.0.0.1:8787 lobby "Why is the sky blue?"."""

import asyncio
import sys

from edge_chat import Client, text_of


async def main(url, room, question):
    async with Client(url, room) as chat:
        turn = await chat.ask(question)
        print(turn["outcome"], text_of(turn))


asyncio.run(main(*sys.argv[1:]))
