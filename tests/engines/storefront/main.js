// A small front end of the shop: what a team would write first, with the usual libraries.
import { EventSourceParserStream } from "eventsource-parser/stream";
import { UserManager, WebStorageStateStore } from "oidc-client-ts";

const settings = await (await fetch("settings.json")).json();
const users = new UserManager({
  authority: settings.issuer,
  client_id: "storefront",
  redirect_uri: `${location.origin}/`,
  scope: "openid",
  userStore: new WebStorageStateStore({ store: sessionStorage }),
});

const shown = (id) => document.getElementById(id);
const on = (id, action) => shown(id).addEventListener("click", () => attempt(action));

async function attempt(action) {
  try {
    shown("error").textContent = "";
    await action();
  } catch (error) {
    shown("error").textContent = `${error}`;
  }
}

function list(id, texts) {
  shown(id).replaceChildren(
    ...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
  );
}

async function ask(path, { headers = {}, ...options } = {}) {
  const user = await users.getUser();
  const authorization = user ? { authorization: `Bearer ${user.access_token}` } : {};
  const answer = await fetch(settings.gateway + path, {
    ...options,
    headers: { ...headers, ...authorization },
  });
  if (!answer.ok) {
    const problem = await answer.json();
    throw new Error(`${answer.status} ${problem.type}`);
  }
  return answer;
}

function send(path, body) {
  return ask(path, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    body: body && JSON.stringify(body),
  });
}

async function showHome() {
  const { products, cart } = await (await ask("/web/home")).json();
  shown("products").replaceChildren(
    ...products.items.map(({ product_id, name, price }) => {
      const button = Object.assign(document.createElement("button"), {
        textContent: `${name}, ${price}`,
      });
      button.addEventListener("click", () => attempt(() => putInCart(product_id)));
      return button;
    }),
  );
  list("cart", Object.values(cart?.items ?? {}).map((item) => `${item.quantity} x ${item.unit_price}`));
}

async function putInCart(product_id) {
  await send("/web/cart/items", { product_id, quantity: 2 });
  await showHome();
}

async function checkOut() {
  await send("/web/checkout");
  await showHome();
}

// Every answer of the read model, as long as the page is open.
async function watchOrders(customer_id) {
  const answer = await ask(`/order-history?customer_id=${customer_id}`, {
    headers: { accept: "text/event-stream" },
  });
  const events = answer.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { data } of events) {
    list("orders", JSON.parse(data).items.map((order) => `${order.status}: ${order.total}`));
  }
}

on("log-in", () => users.signinRedirect());
on("check-out", checkOut);
await attempt(async () => {
  if (new URLSearchParams(location.search).has("code")) {
    await users.signinCallback();
    history.replaceState(null, "", "/");
  }
  const user = await users.getUser();
  shown("caller").textContent = user?.profile.sub ?? "nobody";
  await showHome();
  if (user) attempt(() => watchOrders(user.profile.sub));
});
