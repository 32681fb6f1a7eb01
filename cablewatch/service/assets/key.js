// The key that a service asks for where others reach it. It is kept until this tab is closed.

import { byId } from "./dom.js";

const NAME = "cablewatch-key";
let asking = null; // one question, however many requests wait for it

export async function request(url, headers = {}) {
  const key = sessionStorage.getItem(NAME);
  const said = key ? { ...headers, Authorization: `Bearer ${key}` } : headers;
  const answer = await fetch(url, { headers: said });
  if (answer.status !== 401) return answer;
  const kept = sessionStorage.getItem(NAME);
  if (kept === null || kept === key) {
    sessionStorage.removeItem(NAME);
    await entered(kept !== null);
  }
  return request(url, headers); // with the key that was given, maybe meanwhile
}

function entered(refused) {
  asking ??= new Promise((resolve) => {
    const dialog = byId("key");
    const open = () => dialog.showModal();
    dialog.addEventListener("close", open); // Escape closes it, and without a key nothing is drawn
    if (refused) byId("key-label").textContent = "This key is unknown, revoked or expired. Give another one.";
    byId("key-form").addEventListener("submit", (event) => {
      event.preventDefault();
      dialog.removeEventListener("close", open);
      sessionStorage.setItem(NAME, byId("key-text").value.trim());
      byId("key-text").value = "";
      dialog.close();
      asking = null;
      resolve();
    }, { once: true });
    open();
  });
  return asking;
}
