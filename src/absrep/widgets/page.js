// Sliders for figures whose frames were computed beforehand by absrep (see absrep.widgets).
// `path` and `project` are those of _svg.py.
(() => {
  const numbers = (text) => text.split(" ").map((word) => (word === "n" ? NaN : +word));

  function path(part, xs) {
    let steps = "", pen = false;
    for (let i = 0; i < xs.length; i += 2) {
      const [x, y] = [xs[i] / 10, xs[i + 1] / 10];
      if (isNaN(x) || isNaN(y)) {
        if (part.closed && pen) steps += "Z";
        pen = false;
      } else if (part.glyph) {
        steps += `M${x.toFixed(1)},${y.toFixed(1)}${part.glyph}`;
      } else {
        steps += `${pen ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`;
        pen = true;
      }
    }
    return steps + (part.closed && pen ? "Z" : "");
  }

  function project(xyz, svg) {
    const a = (svg.dataset.azimuth * Math.PI) / 180, e = (svg.dataset.elevation * Math.PI) / 180;
    const box = svg.viewBox.baseVal, flat = [];
    for (let i = 0; i < xyz.length; i += 3) {
      const [x, y, z] = xyz.slice(i, i + 3);
      flat.push(5 * box.width - Math.sin(a) * x + Math.cos(a) * y);
      flat.push(5 * box.height - Math.cos(e) * z + Math.sin(e) * (Math.cos(a) * x + Math.sin(a) * y));
    }
    return flat;
  }

  function draw(part, element, frame) {
    const svg = element.ownerSVGElement;
    let xs = numbers(part.frames[part.index ? part.index[frame] : 0]);
    if (part.scene) xs = project(xs, svg);
    if (!part.words) return element.setAttribute("d", path(part, xs));
    [...element.children].forEach((word, i) =>
      word.setAttribute("transform", `translate(${(xs[2 * i] / 10).toFixed(1)},${(xs[2 * i + 1] / 10).toFixed(1)})`));
  }

  function turnable(svg, redraw) {
    const turn = (right, up) => {
      svg.dataset.azimuth = +svg.dataset.azimuth - right;
      svg.dataset.elevation = Math.max(-90, Math.min(90, +svg.dataset.elevation + up));
      redraw();
    };
    svg.tabIndex = 0;
    svg.addEventListener("pointerdown", (event) => { event.preventDefault(); svg.focus(); svg.setPointerCapture(event.pointerId); });
    svg.addEventListener("pointermove", (event) => { if (event.buttons) turn(event.movementX / 2, event.movementY / 2); });
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-5, 0], ArrowRight: [5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5] }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation(); // the theme turns pages with the arrow keys
      turn(...step);
    });
  }

  function start(root) {
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const sliders = [...root.querySelectorAll("input")];
    const marks = [...root.querySelectorAll(".explorer-marks")].flatMap((group) => [...group.children]);
    const frame = () => sliders.reduce((all, slider) => all * (+slider.max + 1) + +slider.value, 0);
    const redraw = (everything) => {
      const now = frame();
      data.marks.forEach((part, i) => { if (part && (part.index || part.scene)) draw(part, marks[i], now); });
      for (const [key, part] of Object.entries(data.readouts))
        root.querySelector(`[data-readout="${key}"]`).textContent = part.frames[part.index ? part.index[now] : 0];
    };
    sliders.forEach((slider, i) => {
      const output = slider.parentElement.querySelector("output");
      slider.addEventListener("input", () => {
        output.textContent = data.texts[i][slider.value];
        slider.setAttribute("aria-valuetext", output.textContent);
        redraw();
      });
      slider.addEventListener("keydown", (event) => event.stopPropagation());
      slider.hidden = false;
    });
    root.querySelectorAll(".explorer-scene").forEach((svg) => turnable(svg, redraw));
    root.dataset.ready = "";
  }

  document.querySelectorAll(".explorer:not([data-ready])").forEach((root) => {
    if (root.querySelector("script[type='application/json']")) start(root);
  });
})();
