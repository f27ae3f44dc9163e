/* The demo shop's behaviour. It works with and without the measuring script: only the end of this file speaks to it. */
(() => {
  "use strict";
  const CART = "holloway-cart";
  const ORDER = "holloway-order";
  const FREE_DELIVERY_FROM = 80;
  const DELIVERY = 6;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const euro = (amount) => `€${amount}`;

  /* A store that forgets is better than a shop that breaks: private windows may refuse both. */
  const memory = {};
  function read(store, key, otherwise) {
    try {
      return JSON.parse(window[store].getItem(key)) ?? otherwise;
    } catch {
      return memory[key] ?? otherwise;
    }
  }
  function write(store, key, value) {
    memory[key] = value;
    try {
      window[store].setItem(key, JSON.stringify(value));
    } catch {
      /* kept in memory for this page */
    }
  }

  const cart = () => read("localStorage", CART, []);
  const itemsTotal = (lines) => lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
  const delivery = (lines) => (lines.length === 0 || itemsTotal(lines) >= FREE_DELIVERY_FROM ? 0 : DELIVERY);
  const total = (lines) => itemsTotal(lines) + delivery(lines);

  function save(lines) {
    write("localStorage", CART, lines);
    showCount();
    showCart();
  }
  function add(slug, name, price, quantity) {
    const lines = cart();
    const known = lines.find((line) => line.slug === slug);
    if (known) known.quantity += quantity;
    else lines.push({ slug, name, price, quantity });
    save(lines);
    toast(`${name} is in your cart`);
  }
  function change(slug, step) {
    save(cart().map((line) => (line.slug === slug ? { ...line, quantity: line.quantity + step } : line)).filter((line) => line.quantity > 0));
  }

  let hiding = 0;
  function toast(text) {
    const box = one("[data-toast]");
    box.textContent = text;
    box.classList.add("on");
    clearTimeout(hiding);
    hiding = setTimeout(() => box.classList.remove("on"), 1800);
  }
  function showCount() {
    one("[data-cart-count]").textContent = cart().reduce((sum, line) => sum + line.quantity, 0);
  }
  function showSums(lines) {
    const box = one("[data-summary]");
    if (!box) return;
    one("[data-items]", box).textContent = euro(itemsTotal(lines));
    one("[data-delivery]", box).textContent = delivery(lines) ? euro(delivery(lines)) : "free";
    one("[data-total]", box).textContent = euro(total(lines));
  }
  function cartLine(line) {
    const row = one("[data-line]").content.firstElementChild.cloneNode(true);
    row.dataset.footpath = line.slug;
    one("img", row).src = `/img/${line.slug}.svg`;
    const name = one(".line-name", row);
    name.href = `/product/${line.slug}`;
    name.textContent = line.name;
    one(".line-each", row).textContent = `${euro(line.price)} each`;
    one("output", row).textContent = line.quantity;
    one(".stepper", row).setAttribute("aria-label", `Quantity of ${line.name}`);
    one(".price", row).textContent = euro(line.price * line.quantity);
    all("[data-change]", row).forEach((button) => {
      button.addEventListener("click", () => change(line.slug, Number(button.dataset.change)));
    });
    one("[data-remove]", row).addEventListener("click", () => change(line.slug, -line.quantity));
    return row;
  }
  function showCart() {
    const lines = cart();
    showSums(lines);
    const list = one("[data-lines]");
    if (list) {
      list.replaceChildren(...lines.map(cartLine));
      one("[data-empty]").hidden = lines.length > 0;
      one("[data-summary]").hidden = lines.length === 0;
    }
    one("[data-mini]")?.replaceChildren(
      ...lines.map((line) => {
        const row = document.createElement("li");
        const price = document.createElement("strong");
        price.textContent = euro(line.price * line.quantity);
        row.append(`${line.quantity} × ${line.name}`, price);
        return row;
      }),
    );
  }

  function press(buttons, pressed) {
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === pressed)));
  }
  function setUpList() {
    const list = one("[data-list]");
    if (!list) return;
    const cards = all(".card", list);
    const chips = all("[data-filter]");
    const show = (group) => {
      cards.forEach((card) => {
        card.hidden = group !== "All" && card.dataset.group !== group;
      });
      one("[data-shown]").textContent = `${cards.filter((card) => !card.hidden).length} of ${cards.length} shown`;
    };
    const choose = (chip) => {
      press(chips, chip);
      show(chip.dataset.filter);
    };
    chips.forEach((chip) => chip.addEventListener("click", () => choose(chip)));
    const wanted = chips.find((chip) => chip.dataset.filter === new URLSearchParams(location.search).get("group"));
    if (wanted) choose(wanted);
    one("[data-sort]").addEventListener("change", (event) => {
      const way = { low: 1, high: -1 }[event.target.value] ?? 0;
      const order = way ? [...cards].sort((a, b) => way * (a.dataset.price - b.dataset.price)) : cards;
      list.replaceChildren(...order);
    });
  }
  function setUpProduct() {
    const stage = one("[data-stage]");
    if (!stage) return;
    const thumbs = all("[data-view]");
    thumbs.forEach((thumb) =>
      thumb.addEventListener("click", () => {
        stage.src = thumb.dataset.view;
        press(thumbs, thumb);
      }),
    );
    const quantity = one("[data-quantity]");
    all("[data-step]").forEach((button) =>
      button.addEventListener("click", () => {
        quantity.textContent = Math.max(1, Number(quantity.textContent) + Number(button.dataset.step));
      }),
    );
  }
  function setUpLetter() {
    one("[data-letter]")?.addEventListener("submit", (event) => {
      event.preventDefault();
      event.target.reset();
      one("[data-letter-answer]").textContent = "Thank you. The next walk goes out on the first of the month.";
    });
  }

  /* The promo button has no listener on purpose: it is the dead click that reports are to find. */

  function orderId() {
    const parts = crypto.getRandomValues(new Uint32Array(2));
    return `HH-${[...parts].map((part) => part.toString(36).toUpperCase().padStart(7, "0")).join("").slice(0, 8)}`;
  }
  function setUpCheckout() {
    one("[data-checkout-form]")?.addEventListener("submit", (event) => {
      event.preventDefault();
      write("sessionStorage", ORDER, { id: orderId(), total: total(cart()), reported: false });
      write("localStorage", CART, []);
      location.assign("/thanks");
    });
  }
  function setUpThanks() {
    if (!one("[data-thanks-text]")) return;
    const order = read("sessionStorage", ORDER, null);
    if (!order) {
      one("[data-thanks-text]").textContent = "There is no order in this window yet: the path starts in the shop.";
      return;
    }
    one("[data-order-summary]").hidden = false;
    one("[data-order-id]").textContent = order.id;
    one("[data-order-total]").textContent = euro(order.total);
    if (order.reported) return;
    write("sessionStorage", ORDER, { ...order, reported: true });
    report("conversion", "purchase", { value: order.total, currency: "EUR", order_id: order.id });
  }

  /* Calls made before the measuring script has loaded wait in `q`; without the script they wait for ever and harm no one. */
  function report(...command) {
    window.footpath ||= function footpath() {
      (window.footpath.q ||= []).push(arguments);
    };
    window.footpath(...command);
  }

  all("[data-add]").forEach((button) =>
    button.addEventListener("click", () => {
      const quantity = button.closest(".buy") ? Number(one("[data-quantity]").textContent) : 1;
      add(button.dataset.add, button.dataset.name, Number(button.dataset.price), quantity);
    }),
  );
  /* Another tab changed the cart, or the browser brought an old page back. */
  for (const happening of ["storage", "pageshow"]) {
    window.addEventListener(happening, () => {
      showCount();
      showCart();
    });
  }
  setUpList();
  setUpProduct();
  setUpLetter();
  setUpCheckout();
  setUpThanks();
  showCount();
  showCart();
})();
