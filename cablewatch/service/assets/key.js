// The key that a service asks for where others reach it. It is kept until this tab is closed.

import { byId } from "./dom.js";

const NAME = "cablewatch-key";
let asking = null; // one question, however many requests wait for it

export async function request(url, headers = {}) {
  const key = sessionStorage.getItem(NAME);
  const said = key ? { ...headers, Authorization: `Bearer ${key}` } : headers;
  const answer = await fetch(url, { headers: said });
  if (answer.status !== 401) return answer;
  if (key === sessionStorage.getItem(NAME)) sessionStorage.removeItem(NAME);
  await entered();
  return request(url, headers);
}

function entered() {
  asking ??= new Promise((resolve) => {
    const dialog = byId("key");
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    byId("key-form").addEventListener("submit", (event) => {
      event.preventDefault();
      sessionStorage.setItem(NAME, byId("key-text").value.trim());
      byId("key-text").value = "";
      dialog.close();
      asking = null;
      resolve();
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}
