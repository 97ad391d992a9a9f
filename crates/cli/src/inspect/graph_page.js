// Draws one graph at a time: scopes that are closed stand for all nodes in them.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const svg = document.querySelector("svg");
const WIDTH = 130, HEIGHT = 40, GAP_X = 24, GAP_Y = 46;
let graph = data.graphs[0], open = new Set(), view = { x: 0, y: 0, scale: 1 };

const element = (name, attributes, parent, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
};
const source = (input) => input.replace(/^\^/, "").split(":")[0];
const counted = (count) => (count === 1 ? "1 node" : `${count} nodes`);
const shortened = (text) => (text.length > 20 ? text.slice(0, 19) + "…" : text);

// What stands for a node: the outermost closed scope around it, or the node.
function standIn(name) {
  const parts = name.split("/");
  for (let depth = 1; depth < parts.length; depth++) {
    const scope = parts.slice(0, depth).join("/");
    if (!open.has(scope)) return scope + "/";
  }
  return name;
}

function shown() {
  const items = new Map(), edges = new Map();
  for (const node of graph.nodes) {
    const key = standIn(node.name);
    const item = items.get(key) ?? { key, nodes: [], inputs: new Set(), layer: 0 };
    item.nodes.push(node);
    items.set(key, item);
  }
  for (const node of graph.nodes) {
    const to = standIn(node.name);
    for (const input of node.inputs) {
      const from = standIn(source(input));
      if (from === to || !items.has(from)) continue;
      items.get(to).inputs.add(from);
      const edge = edges.get(from + "\n" + to) ?? { from, to, control: true, count: 0 };
      edge.control &&= input.startsWith("^");
      edge.count++;
      edges.set(from + "\n" + to, edge);
    }
  }
  return { items, edges: [...edges.values()] };
}

// Each item stands one layer below the lowest of its inputs; edges that close a loop do not count.
function assignLayers(items) {
  const done = new Set(), active = new Set();
  for (const start of items.values()) {
    const stack = [[start, [...start.inputs]]];
    if (done.has(start.key)) continue;
    active.add(start.key);
    while (stack.length) {
      const [item, waiting] = stack[stack.length - 1];
      const next = waiting.pop();
      if (next === undefined) {
        stack.pop();
        active.delete(item.key);
        done.add(item.key);
        if (stack.length) {
          const above = stack[stack.length - 1][0];
          above.layer = Math.max(above.layer, item.layer + 1);
        }
      } else if (done.has(next)) {
        item.layer = Math.max(item.layer, items.get(next).layer + 1);
      } else if (!active.has(next)) {
        active.add(next);
        stack.push([items.get(next), [...items.get(next).inputs]]);
      }
    }
  }
}

// Within a layer items are sorted by where their inputs stand.
function place(items) {
  const layers = [];
  for (const item of items.values()) (layers[item.layer] ??= []).push(item);
  const centre = (item) => {
    const places = [...item.inputs].map((key) => items.get(key).x).filter((x) => x !== undefined);
    return places.length ? places.reduce((sum, x) => sum + x, 0) / places.length : 0;
  };
  layers.forEach((layer, depth) => {
    const sorted = layer.map((item) => [centre(item), item]).sort((a, b) => a[0] - b[0]);
    const width = (sorted.length - 1) * (WIDTH + GAP_X);
    sorted.forEach(([, item], at) => {
      item.x = at * (WIDTH + GAP_X) - width / 2;
      item.y = depth * (HEIGHT + GAP_Y);
    });
  });
}

function colour(key) {
  let hash = 0;
  for (const letter of key.split("/")[0]) hash = (hash * 31 + letter.charCodeAt(0)) % 360;
  return `hsl(${hash} 60% 92%)`;
}

function draw() {
  const { items, edges } = shown();
  assignLayers(items);
  place(items);
  svg.replaceChildren();
  const canvas = element("g", { id: "canvas" }, svg);
  for (const edge of edges) {
    const from = items.get(edge.from), to = items.get(edge.to);
    const [y1, y2] = [from.y + HEIGHT / 2, to.y - HEIGHT / 2], bend = Math.max(30, Math.abs(y2 - y1) / 2);
    const curve = `M${from.x} ${y1} C${from.x} ${y1 + bend} ${to.x} ${y2 - bend} ${to.x} ${y2}`;
    const width = Math.min(4, 1 + Math.log2(edge.count) / 2);
    element("path", { d: curve, class: edge.control ? "control" : "", "stroke-width": width }, canvas);
  }
  for (const item of items.values()) {
    const isScope = item.key.endsWith("/");
    const classes = ["node"];
    if (isScope) classes.push("scope");
    if (item.nodes.some((node) => node.unsupported)) classes.push("unsupported");
    const box = element("g", { class: classes.join(" "), transform: `translate(${item.x} ${item.y})` }, canvas);
    element("rect", {
      x: -WIDTH / 2, y: -HEIGHT / 2, width: WIDTH, height: HEIGHT, fill: colour(item.key),
    }, box);
    const name = item.key.replace(/\/$/, "").split("/").pop();
    element("text", { y: -3 }, box, shortened(name));
    element("text", { y: 12, class: "op" }, box, isScope ? counted(item.nodes.length) : item.nodes[0].op);
    element("title", {}, box, item.key);
    box.addEventListener("click", () => {
      if (isScope) {
        open.add(item.key.slice(0, -1));
        draw();
      } else {
        document.querySelector(".chosen")?.classList.remove("chosen");
        box.classList.add("chosen");
        details(item.nodes[0]);
      }
    });
  }
  const list = document.getElementById("open");
  list.replaceChildren(...[...open].map((scope) => {
    const button = document.createElement("button");
    button.textContent = `${scope} ×`;
    button.onclick = () => {
      for (const other of [...open]) if (other === scope || other.startsWith(scope + "/")) open.delete(other);
      draw();
    };
    return button;
  }));
  move();
}

function details(node) {
  const rows = [node.name, `op: ${node.op}`, ...node.inputs.map((input) => `input: ${input}`)];
  if (node.unsupported) rows.push("no kernel here");
  document.getElementById("details").replaceChildren(...rows.map((row) => {
    const line = document.createElement("div");
    line.textContent = row;
    return line;
  }));
}

function move() {
  document.getElementById("canvas")
    .setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
}

function show(at) {
  graph = data.graphs[at];
  open = new Set();
  draw();
  fit();
}

// The whole drawing in sight, unless that would make it too small to read.
function fit() {
  const box = document.getElementById("canvas").getBBox(), margin = HEIGHT;
  const fits = Math.min(svg.clientWidth / (box.width + margin), svg.clientHeight / (box.height + margin));
  const scale = Math.max(0.4, Math.min(1, fits));
  view = { x: svg.clientWidth / 2 - (box.x + box.width / 2) * scale, y: margin / 2 - box.y * scale, scale };
  move();
}

svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  const factor = event.deltaY < 0 ? 1.1 : 1 / 1.1, area = svg.getBoundingClientRect();
  const [x, y] = [event.clientX - area.left, event.clientY - area.top];
  view = { x: x - (x - view.x) * factor, y: y - (y - view.y) * factor, scale: view.scale * factor };
  move();
}, { passive: false });
svg.addEventListener("mousemove", (event) => {
  if (event.buttons !== 1) return;
  view.x += event.movementX;
  view.y += event.movementY;
  move();
});

document.getElementById("title").textContent = data.title;
const choice = document.getElementById("graph");
data.graphs.forEach((each, at) => choice.append(new Option(`${each.title} (${counted(each.nodes.length)})`, at)));
choice.onchange = () => show(Number(choice.value));
show(0);
