"""A browser on a network of its own, where all that it sends is seen: `python -m tests.integration.browser_on_the_wire FOLDER SECONDS`.

Prints, as JSON, the names that were looked up and where connections and datagrams went, while a page was rendered and
for so long after; exit 3 where the machine lets no process have a network of its own.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from chaos.internet import enter
from config.settings import Settings
from crawler.address_guard import Permission
from crawler.rendering.page import Task
from crawler.rendering.renderer import Renderer
from rig.site import Site
from workers.rendering.door import Door
from workers.rendering.place import rendering

PUBLIC = "93.184.215.14"
DATA = "data.example.org"
# It looks as if the machine were connected: a browser that is not asks for nothing.
_CONNECTED = """
ip link add wan0 type veth peer name wan1 && ip address add 198.18.0.1/15 dev wan0 &&
ip link set wan0 up && ip link set wan1 up"""
_PAGE = """<!DOCTYPE html><title>Story</title><body><p id=a>plain</p><input type=password><video controls></video>
<script>fetch("http://%s/data").then(it => it.text()).then(text => document.getElementById("a").textContent = text)</script>
</body>"""


def main(folder: str, seconds: str) -> int:
    names: set[str] = set()

    def resolve(name: str, _version: int) -> list[str]:
        names.add(name)
        return [PUBLIC] if name == DATA else []

    try:
        wire = enter(resolve)
    except OSError as error:
        print(error, file=sys.stderr)
        return 3
    is_connected = subprocess.run(["sh", "-c", _CONNECTED], check=False).returncode == 0
    site = Site("0.0.0.0")
    site.port = 80
    site.start()
    site.put("/data", "made by a script", headers={"Access-Control-Allow-Origin": "*"})
    settings = Settings(home=Path(folder))
    stopped = threading.Event()
    door = Door(settings, lambda: None)
    thread = threading.Thread(target=door.serve, args=(stopped.is_set,))
    thread.start()
    html = asyncio.run(_render(settings, float(seconds)))
    stopped.set()
    thread.join()
    time.sleep(0.2)
    told = {
        "connected": is_connected,
        "html": html,
        "names": sorted(names),
        "connections": sorted(set(wire.asked())),
        "datagrams": sorted(set(wire.datagrams)),
    }
    print(json.dumps(told))
    return 0


async def _render(settings: Settings, seconds: float) -> str:
    renderer = Renderer(rendering(settings))
    try:
        task = Task(
            url="http://news.example.org/story",
            headers=(("Content-Type", "text/html; charset=utf-8"),),
            body=(_PAGE % DATA).encode(),
            permission=Permission(frozenset(), allow_private=False),
            allows=lambda _: True,
            follows=lambda _: False,
            crawl=None,
        )
        html = (await renderer.render(task)).html
        await asyncio.sleep(seconds)
        return html
    finally:
        renderer.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
