// The shop in the browser: two views, a cart, reviews on request. It knows nothing of telemetry.

const products = JSON.parse(document.getElementById("products").textContent);
const view = document.getElementById("view");
const cart = document.getElementById("cart");

/** Makes an element; text only ever becomes text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function cloth({ warp, weft }) {
  return make("div", { class: "cloth", style: `--warp:${warp};--weft:${weft}`, "aria-hidden": "true" });
}

function addButton({ id }) {
  const add = async () => {
    const answer = await fetch("/api/cart", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id }),
    });
    const { count } = await answer.json();
    cart.textContent = `Cart: ${count}`;
  };
  return make("button", { id: `add-${id}`, "data-weft": "add-to-cart", onclick: add }, "Add to cart");
}

function card(product) {
  return make("article", { class: "card" },
    cloth(product),
    make("h2", {}, make("a", { id: `see-${product.id}`, href: `/product/${product.id}`, "data-route": "", "data-weft": "product" }, product.name)),
    make("p", {}, product.text),
    make("div", { class: "buy" }, make("span", { class: "price" }, `€ ${product.price}`), addButton(product)));
}

function reviews() {
  const list = make("ul", { class: "reviews" });
  const load = async () => {
    const answer = await fetch("/api/reviews");
    const entries = (await answer.json()).map(({ who, stars, text }) =>
      make("li", {}, make("b", {}, "★".repeat(stars)), make("p", {}, text), make("cite", {}, who)));
    list.replaceChildren(...entries);
  };
  return make("section", {},
    make("h2", {}, "What people say"),
    make("button", { id: "reviews", class: "quiet", "data-weft": "load-reviews", onclick: load }, "Load reviews"),
    list);
}

function home() {
  view.replaceChildren(make("div", { class: "grid" }, ...products.map(card)), reviews());
}

function detail(product) {
  view.replaceChildren(make("article", { class: "detail" },
    cloth(product),
    make("div", {},
      make("a", { href: "/", "data-route": "", id: "back" }, "← All products"),
      make("h1", {}, product.name),
      make("p", {}, product.text),
      make("div", { class: "buy" }, make("span", { class: "price" }, `€ ${product.price}`), addButton(product)))));
}

function show() {
  const id = location.pathname.match(/^\/product\/(\w+)$/)?.[1];
  const product = products.find((candidate) => candidate.id === id);
  if (product) detail(product);
  else home();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-route]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  show();
});
window.addEventListener("popstate", show);
show();
