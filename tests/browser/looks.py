"""What is looked at on an open page; each look returns the problems found."""

from axe_playwright_python.base import AXE_SCRIPT

# Violations of the theme's or Sphinx's own elements: rule, how axe calls the element, and why.
ALLOWED = [
    (
        "aria-required-children",
        ".citation-list",
        "Sphinx lists references as doc-biblioentry, which ARIA allowed in a list until 2023",
    ),
]

# Contrast has a check of its own, and "region" is of moderate impact.
SLOW = {"color-contrast": {"enabled": False}, "region": {"enabled": False}}

_IMAGES = """() => [...document.images]
    .filter((image) => !(image.complete && image.naturalWidth))
    .map((image) => `image not loaded: ${image.src}`)"""

# MathJax sets an unknown macro in red.
_MATHS = r"""() => {
    const wrong = "mjx-merror, [data-mjx-error], mjx-mtext[style*='color: red']";
    const problems = [...document.querySelectorAll(wrong)]
        .map((error) => `maths error: ${error.textContent}`);
    for (const maths of document.querySelectorAll(".math"))
        if (!maths.querySelector("mjx-container"))
            problems.push(`maths not set: ${maths.textContent}`);
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const text = walk.currentNode;
        if (/\\[(\[]|\$\$|Math input error/.test(text.data)
            && !text.parentElement.closest("pre, code, script, style, mjx-container"))
            problems.push(`raw maths: ${text.data.trim()}`);
    }
    return problems;
}"""

_WEIGHT = """() => performance.getEntriesByType("navigation")
    .concat(performance.getEntriesByType("resource"))
    .filter((entry) => !entry.name.includes("/mathjax/"))
    .reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""

# Elements past the right edge that no scrolling or clipping box holds.
_OVERFLOWING = """() => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const held = (element) => {
        for (let box = element.parentElement; box !== document.body; box = box.parentElement)
            if (getComputedStyle(box).overflowX !== "visible") return true;
        return false;
    };
    const out = [...document.body.querySelectorAll("*")].filter((element) =>
        element.getBoundingClientRect().right > innerWidth + 1 && !held(element));
    const named = out.map((element) => `<${element.tagName} class="${element.className}">`);
    return [`${document.documentElement.scrollWidth} pixels wide`, ...named.slice(0, 8)];
}"""

# Axe has a rule for this, which takes twenty times as long.
_UNREACHABLE = """() => [...document.querySelectorAll("article *")]
    .filter((box) => box.scrollWidth > box.clientWidth && box.clientWidth
        && ["auto", "scroll"].includes(getComputedStyle(box).overflowX)
        && !box.matches("[tabindex]") && !box.querySelector("a[href], button, input, [tabindex]"))
    .map((box) => `no key scrolls <${box.tagName} class="${box.className}">`)"""

# The time of axe grows with the number of elements. Colours come from tags, classes and styles:
# of the elements that agree in these, up to the root of the page, one is enough.
_THIN = """() => {
    const kinds = new Map(), seen = new Set();
    const kind = (element) => {
        if (!element) return "";
        if (!kinds.has(element)) {
            const look = [element.tagName, element.className, element.getAttribute("style")];
            kinds.set(element, `${kind(element.parentElement)}>${look}`);
        }
        return kinds.get(element);
    };
    const elements = [...document.querySelectorAll("article *")].reverse(); // children first
    for (const element of elements) {
        if (element.childElementCount || !element.closest("p, li, dt, dd, pre")) continue;
        const known = seen.has(kind(element));
        seen.add(kind(element));
        if (known && element.matches("p, li, dt, dd")) element.remove();
        else if (known) element.replaceWith(element.textContent);
    }
}"""

# Most elements of a page are parts of formulas, which axe passes over.
_WITHOUT_MATHS = """() => {
    for (const maths of document.querySelectorAll("mjx-container")) maths.textContent = "x";
}"""

_UNFOLD = """() => {
    for (const folded of document.querySelectorAll(".admonition.dropdown.toggle-hidden"))
        folded.querySelector("button.toggle-button").click();
    for (const folded of document.querySelectorAll("details")) folded.open = true;
}"""


def images(page):
    return page.evaluate(_IMAGES)


def maths(page):
    return page.evaluate(_MATHS)


def megabytes(page):
    """All that was loaded, uncompressed, MathJax excepted."""
    return page.evaluate(_WEIGHT) / 1e6


def overflowing(page):
    return page.evaluate(_OVERFLOWING)


def unreachable(page):
    """Boxes that scroll sideways, but not by keyboard."""
    return page.evaluate(_UNREACHABLE)


def unfold(page):
    """Open the folded solutions and proofs."""
    page.evaluate(_UNFOLD)


def dress(page, theme):
    """Show the page in the light or the dark theme, without fading."""
    style = "* { transition: none !important; }"
    page.add_style_tag(content=style)
    page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)


def without_maths(page):
    """Put a letter for each formula, which spares axe much time."""
    page.evaluate(_WITHOUT_MATHS)


def thin(page):
    """Leave one element of each look, for checks of contrast alone."""
    page.evaluate(_THIN)


def accessibility(page, *rules):
    """Serious and critical violations that axe sees; of all rules but those about colours."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    chosen = {"runOnly": rules} if rules else {"rules": SLOW}
    found = page.evaluate(
        "(options) => axe.run(options)", {"resultTypes": ["violations"], **chosen}
    )
    problems = []
    for violation in found["violations"]:
        for node in violation["nodes"]:
            target = " ".join(map(str, node["target"]))
            allowed = any((violation["id"], target) == row[:2] for row in ALLOWED)
            if violation["impact"] in ("serious", "critical") and not allowed:
                reasons = [reason["message"] for reason in node["any"] + node["all"] + node["none"]]
                problems.append(f"{violation['id']}: {target}: {'; '.join(reasons)}")
    return problems
