// Pictures go to /check, a few at a time; each answer is a card.

const AT_ONCE = 3;
const drop = document.querySelector(".drop");
const cards = document.querySelector(".cards");
const waiting = [];
let running = 0, done = 0, total = 0;

function say(text) {
  document.querySelector("#said").textContent = text;
}

function countCards() {
  cards.classList.toggle("alone", cards.childElementCount === 1);
}

function makeCard(label, name, ...children) {
  const card = make("article", "card", ...children, make("p", "name", name));
  card.dataset.label = label;
  return card;
}

function add(files) {
  for (const file of files) {
    const name = file.name || "pasted picture";
    const card = makeCard("waiting", name, make("p", "wait", ""));
    card.setAttribute("aria-busy", "true");
    cards.prepend(card);
    waiting.push({file, name, card});
    total += 1;
  }
  countCards();
  start();
}

function start() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    check(waiting.shift()).finally(() => {
      running -= 1;
      done += 1;
      say(done < total ? `${done} of ${total} checked` : `${total} checked`);
      start();
    });
  }
}

async function check({file, name, card}) {
  try {
    const most = Number(drop.dataset.mostMb);
    if (file.size > most * 1e6) throw new Error(`over the limit of ${most} MB: send a smaller picture`);
    const answer = await send(file, name);
    const text = await answer.text();
    if (answer.headers.get("content-type").startsWith("text/html")) {
      const template = document.createElement("template");
      template.innerHTML = text; // written by the server, all names escaped; scripts in it would not run
      card.replaceWith(template.content);
    } else throw new Error(answer.headers.get("content-type") === "application/json" ? JSON.parse(text).error : text);
  } catch (error) {
    const gone = error instanceof TypeError; // what fetch throws
    const reason = gone ? "No answer. Does fakelens serve still run?" : error.message;
    card.replaceWith(makeCard("unreadable", name, make("h2", "verdict", "NOT CHECKED"), make("p", "meaning", reason)));
  }
}

async function send(file, name) {
  for (;;) {
    const form = new FormData();
    form.append("file", file, name);
    const answer = await fetch("check", {method: "POST", body: form, headers: {Accept: "text/html"}});
    if (answer.status !== 429) return answer;
    const seconds = Number(answer.headers.get("retry-after")) || 1;
    await new Promise((again) => setTimeout(again, 1000 * seconds));
  }
}

function take(transfer) {
  if (transfer.files.length) add(transfer.files);
  else if (transfer.types.includes("text/uri-list") || transfer.types.includes("text/plain")) {
    say("That is an address, no picture. Copy the picture itself (right click, copy image), then paste it here.");
  }
}

for (const input of document.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => {
    add(input.files);
    input.value = ""; // the same file can be chosen again
  });
}
document.addEventListener("paste", (event) => take(event.clipboardData));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  take(event.dataTransfer);
});

// The token has become a cookie: it need not stay in the address bar and the history.
if (location.search.includes("token=")) history.replaceState(null, "", location.pathname + location.hash);

// A bookmark that is clicked on another page opens this one and hands over the pictures it can read there.
function sendFromThere(here) {
  const shown = [...document.images].filter((image) => image.naturalWidth > 120 && image.naturalHeight > 120);
  const size = (image) => image.naturalWidth * image.naturalHeight;
  const urls = [...new Set(shown.sort((a, b) => size(b) - size(a)).map((image) => image.currentSrc || image.src))];
  const window_ = open(`${here}/#receive`);
  const read = async (url) => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(answer.status);
    const name = new URL(url, location).pathname.split("/").pop() || "picture";
    return new File([await answer.blob()], decodeURIComponent(name).slice(0, 200));
  };
  const reading = Promise.allSettled(urls.slice(0, 12).map(read));
  addEventListener("message", async (event) => {
    if (event.source !== window_ || event.data !== "fakelens: ready") return;
    const read_ = await reading;
    const files = read_.filter((each) => each.status === "fulfilled").map((each) => each.value);
    window_.postMessage({fakelens: files, missed: read_.length - files.length}, here);
  });
}

if (location.hash === "#receive" && opener) {
  say("Waiting for the pictures of the other page");
  addEventListener("message", (event) => {
    if (event.source !== opener || !Array.isArray(event.data?.fakelens)) return;
    const {fakelens, missed} = event.data;
    const more = missed ? ` ${missed} more cannot be read from there: copy them (right click, copy image) and paste them here.` : "";
    say(fakelens.length || missed ? `${fakelens.length} pictures came.${more}` : "No picture on that page.");
    add(fakelens.filter((file) => file instanceof File).slice(0, 12));
  });
  opener.postMessage("fakelens: ready", "*");
}
document.querySelector("#bookmark").href = `javascript:(${sendFromThere})(${JSON.stringify(location.origin)})`;

// A browser on this machine can install the page as an app, and then share pictures to it.
const manifest = document.createElement("link");
[manifest.rel, manifest.href, manifest.crossOrigin] = ["manifest", "manifest.json", "use-credentials"];
document.head.append(manifest);
countCards();
