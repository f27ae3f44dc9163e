// What the page itself does, and how much it has done: a visit that went differently shows here.
{
  const done = { clicks: 0, keys: 0, moves: 0, wheels: 0, added: 0 };
  window.done = done;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const cart = [];

  const add = (card) => {
    cart.push(+card.dataset.price);
    done.added++;
    document.getElementById("count").textContent = cart.length;
    const total = cart.reduce((sum, price) => sum + price, 0);
    const notice = document.createElement("div");
    notice.className = "notice";
    notice.textContent = `${card.querySelector("h3").textContent} is in your cart: ${total} EUR`;
    all(".notice").forEach((old) => {
      old.remove();
    });
    document.body.append(notice);
  };

  const filter = () => {
    const chosen = all(".filter:checked").map(({ value }) => value);
    for (const card of all(".card"))
      card.classList.toggle("dim", chosen.length > 0 && !chosen.includes(card.dataset.colour));
  };

  document.addEventListener("click", (event) => {
    done.clicks++;
    const { target } = event;
    if (target.closest("a")) event.preventDefault();
    if (target.closest(".add")) add(target.closest(".card"));
    if (target.closest(".helpful")) target.closest("article").classList.toggle("liked");
    if (target.id === "next") document.querySelector(".scroller").scrollLeft += 232;
  });
  document.addEventListener("change", ({ target }) => target.matches(".filter") && filter());
  document.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("input", ({ target }) => {
    target.classList.toggle("filled", target.value !== "");
  });
  document.addEventListener("keydown", () => done.keys++);
  document.addEventListener("pointermove", () => done.moves++, { passive: true });
  document.addEventListener("wheel", () => done.wheels++, { passive: true });
}
