"use strict";
// A click on a picture opens it: the heat map beside the original, and all that the card says.

const dialog = document.querySelector("dialog");
const inside = dialog.querySelector(".inside");
const modelFacts = document.querySelector("#model-facts");
let shown = null; // the card that is open

function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function listShown() {
  return [...document.querySelectorAll(".card")].filter((card) => card.querySelector(".look") && getComputedStyle(card).display !== "none");
}

function drawViews(card) {
  const thumbnail = card.querySelector(".look img");
  const kept = card.querySelector("template")?.content;
  const large = kept?.querySelector(".large")?.getAttribute("src") ?? thumbnail.src;
  const heat = kept?.querySelector(".heat");
  const drawPicture = (alt, ...over) => {
    const image = make("img", thumbnail.className);
    [image.src, image.alt] = [large, alt];
    return make("div", "frame", make("div", "", image, ...over));
  };
  const views = make("div", "views", make("figure", "", drawPicture("The picture that was checked"), make("figcaption", "", "The picture")));
  if (heat) {
    const tint = heat.cloneNode();
    tint.alt = "";
    views.append(make("figure", "", drawPicture("The picture with its heat map", tint), make("figcaption", "", heat.alt)));
  }
  return views;
}

function open(card) {
  shown = card;
  const answer = card.querySelector(".answer").cloneNode(true);
  answer.querySelector(".verdict").id = "shown";
  const rest = card.querySelector("details > .stack")?.cloneNode(true) ?? "";
  const model = modelFacts.cloneNode(true);
  model.removeAttribute("id");
  inside.replaceChildren(drawViews(card), answer, rest, make("h3", "", "The model"), model);
  dialog.dataset.label = card.dataset.label;
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

function turn(step) {
  const cards = listShown();
  const next = cards[cards.indexOf(shown) + step];
  if (next) open(next);
}

document.addEventListener("click", (event) => {
  const look = event.target.closest(".look");
  if (look) open(look.closest(".card"));
  else if (event.target === dialog) dialog.close(); // outside of what it shows
});
dialog.querySelector("[data-do=before]").addEventListener("click", () => turn(-1));
dialog.querySelector("[data-do=next]").addEventListener("click", () => turn(1));
dialog.querySelector("[data-do=close]").addEventListener("click", () => dialog.close());
dialog.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") turn(-1);
  if (event.key === "ArrowRight") turn(1);
});
dialog.addEventListener("close", () => shown?.querySelector(".look").focus());
// On paper nothing can be opened.
addEventListener("beforeprint", () => document.querySelectorAll(".cards details").forEach((details) => { details.open = true; }));
