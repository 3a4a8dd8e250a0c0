"""A figure with sliders on an open page, beside what the library computes."""

import dataclasses
import re

from absrep import widgets
from absrep.widgets._page import picture

# The library and the page round to tenths of a pixel, not always the same way.
SAME_PIXEL = 0.11

_SHOWN = """(root) => ({
    indices: [...root.querySelectorAll("input")].map((slider) => +slider.value),
    spoken: [...root.querySelectorAll("input")].map((slider) => slider.ariaValueText),
    outputs: [...root.querySelectorAll("output")].map((output) => output.textContent),
    readouts: Object.fromEntries([...root.querySelectorAll("[data-readout]")]
        .map((value) => [value.dataset.readout, value.textContent])),
    turns: [...root.querySelectorAll(".explorer-scene")]
        .map((svg) => ({azimuth: +svg.dataset.azimuth, elevation: +svg.dataset.elevation})),
    drawing: root.querySelector(".explorer-panels").innerHTML,
})"""


class Figure:
    """One explorer of a page."""

    def __init__(self, page, name):
        self.page = page
        self.made = getattr(widgets, name)()
        self.root = page.locator(f'.explorer[data-explorer="{name}"]')
        self.scenes = self.root.locator(".explorer-scene")
        self.sliders = [self.root.locator(f"input[name={p.name}]") for p in self.made.parameters]

    def shown(self):
        """What a reader sees and hears."""
        return self.root.evaluate(_SHOWN)

    def problems(self):
        """How what is shown differs from what the library computes at the same values."""
        shown = self.shown()
        pairs = list(zip(self.made.parameters, shown["indices"], strict=True))
        values = {parameter.name: parameter.values[index] for parameter, index in pairs}
        texts = [parameter.text(values[parameter.name]) for parameter in self.made.parameters]
        expected = {
            "outputs": texts,
            "spoken": texts,
            "readouts": self.made.readouts_at(**values),
        }
        wrong = [
            f"{what} at {values}: {shown[what]} instead of {right}"
            for what, right in expected.items()
            if shown[what] != right
        ]
        drawing = picture(turned(self.made, shown["turns"]), self.made.compute(**values))
        if not same_drawing(drawing, shown["drawing"]):
            wrong.append(f"the drawing at {values} is another one than the library's")
        return wrong

    def alone(self):
        """Leave nothing else in the chapter."""
        self.root.evaluate("(root) => root.closest('article').replaceChildren(root)")

    def press(self, slider, key):
        self.sliders[slider].focus()
        self.page.keyboard.press(key)
        return self.shown()["indices"][slider]

    def drag(self, element, start, end):
        """With the mouse; places are shares of the element's width."""
        middle = "{block: 'center', behavior: 'instant'}"  # the theme would glide there
        element.evaluate(f"(element) => element.scrollIntoView({middle})")
        box = element.bounding_box()
        left, width, height = box["x"], box["width"], box["y"] + box["height"] / 2
        self.page.mouse.move(left + start * width, height)
        self.page.mouse.down()
        self.page.mouse.move(left + end * width, height, steps=5)
        self.page.mouse.up()


def turned(explorer, turns):
    """The explorer with its scenes turned as on the page."""
    turns = iter(turns)
    views = (
        dataclasses.replace(view, **next(turns)) if isinstance(view, widgets.Scene) else view
        for view in explorer.views
    )
    return dataclasses.replace(explorer, views=tuple(views))


def same_drawing(one, other):
    """Whether two drawings have the same steps at the same places."""
    return all(
        a == b or (is_number(a) and is_number(b) and abs(float(a) - float(b)) < SAME_PIXEL)
        for a, b in zip(strokes(one), strokes(other), strict=True)
    )


def strokes(svg):
    """The words of all paths and positions in a drawing, in order."""
    marks = re.findall(r'(?: d|transform)="([^"]*)"', svg.partition('class="explorer-legend"')[0])
    return [word for mark in marks for word in re.findall(r"-?[\d.]+|[^\s\d.,-]+", mark)]


def is_number(word):
    return word[-1].isdigit()
