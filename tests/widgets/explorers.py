"""Every explorer of the library, made once, and a real kernel to move its sliders in."""

import contextlib
import json
from functools import cache
from html.parser import HTMLParser
from itertools import product
from time import perf_counter
from typing import get_type_hints

from jupyter_client.manager import start_new_kernel

from absrep import widgets
from absrep.widgets import Explorer


def makers():
    """Names of the functions in `absrep.widgets` that make an explorer."""
    functions = {name: getattr(widgets, name) for name in widgets.__all__ if name.islower()}
    return [name for name, f in functions.items() if get_type_hints(f).get("return") is Explorer]


@cache
def explorer(name):
    return getattr(widgets, name)()


@cache
def page(name):
    return explorer(name)._repr_html_()


def grid(made):
    """All combinations of the sliders' values, in the order of the page's frames."""
    names = [parameter.name for parameter in made.parameters]
    for values in product(*(parameter.values for parameter in made.parameters)):
        yield dict(zip(names, values, strict=True))


class Parts(HTMLParser):
    """What a page figure shows before any script runs, and the frames that it carries."""

    def __init__(self, html):
        super().__init__()
        self.shown, self.labels, self.addresses, self.paths = {}, [], [], []
        self.data, self.inside, self.open = "", None, []
        self.feed(html)
        self.frames = json.loads(self.data)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.open.append(tag)
        if tag == "svg" and values.get("role") == "img":
            self.labels.append(values.get("aria-label", ""))
        self.addresses += [values[key] for key in ("src", "href") if key in values]
        if tag == "path":
            self.paths.append(values["d"])
        self.inside = values.get("data-readout") or (
            "data" if values.get("type") == "application/json" else None
        )

    def handle_endtag(self, tag):
        self.inside = None
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if self.inside == "data":
            self.data += data
        elif self.inside:
            self.shown[self.inside] = data


class LiveKernel:
    """An explorer's live widget in a real kernel; `move` sends what a browser sends."""

    def __init__(self, client, name):
        self.client = client
        self.run(f"from absrep.widgets import {name}\nlive = {name}().live()")
        code = "print([c.model_id for c in live.children], live.children[-1].value)"
        printed = self.run(code)
        ids, _, self.shown = printed.partition("] ")
        self.ids = [part.strip(" '[]") for part in ids.split(",")]

    def run(self, code):
        printed = []

        def hook(message):
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, output_hook=hook, timeout=120)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(printed)

    def move(self, slider, **state):
        """Seconds from the slider's message until the new picture has arrived."""
        content = {
            "comm_id": self.ids[slider],
            "data": {"method": "update", "state": state, "buffer_paths": []},
        }
        message = self.client.session.msg("comm_msg", content)
        start = perf_counter()
        self.client.shell_channel.send(message)
        while True:
            answer = self.client.get_iopub_msg(timeout=60)
            picture = answer["content"].get("comm_id") == self.ids[-1]
            if picture and "value" in answer["content"]["data"].get("state", {}):
                self.shown = answer["content"]["data"]["state"]["value"]
                return perf_counter() - start


@contextlib.contextmanager
def kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
