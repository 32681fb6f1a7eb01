// Requests to the service. The key that it may ask for is kept until this tab is closed.

import { byId } from "./dom";

const NAME = "cablewatch-key";
let asking: Promise<void> | null = null; // one question, however many requests wait for it

export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const key = sessionStorage.getItem(NAME);
  const headers = new Headers(init.headers);
  if (key) headers.set("Authorization", `Bearer ${key}`);
  const answer = await fetch(url, { ...init, headers });
  if (answer.status !== 401) return answer;
  const kept = sessionStorage.getItem(NAME);
  if (kept === null || kept === key) {
    sessionStorage.removeItem(NAME);
    await entered(kept !== null);
  }
  return request(url, init); // with the key that was given, maybe meanwhile
}

// The browser itself leaves the key out of a link: what one leads to is fetched with it, and saved.
export function listenToLinks(complain: (error: Error) => void): void {
  const saved = async (link: HTMLAnchorElement): Promise<void> => {
    const answer = await request(link.href);
    if (!answer.ok) return void (await understood(answer));
    const address = URL.createObjectURL(await answer.blob());
    Object.assign(document.createElement("a"), { href: address, download: link.textContent ?? "" }).click();
    URL.revokeObjectURL(address);
  };
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href^='api/']");
    if (!link || sessionStorage.getItem(NAME) === null) return;
    event.preventDefault();
    saved(link).catch(complain);
  });
}

function entered(refused: boolean): Promise<void> {
  asking ??= new Promise((resolve) => {
    const dialog = byId<HTMLDialogElement>("key");
    const text = byId<HTMLInputElement>("key-text");
    const open = () => dialog.showModal();
    dialog.addEventListener("close", open); // Escape closes it, and without a key nothing is drawn
    if (refused) byId("key-label").textContent = "This key is unknown, revoked or expired. Give another one.";
    byId("key-form").addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        dialog.removeEventListener("close", open);
        sessionStorage.setItem(NAME, text.value.trim());
        text.value = "";
        dialog.close();
        asking = null;
        resolve();
      },
      { once: true },
    );
    open();
  });
  return asking;
}

async function understood<T>(answer: Response): Promise<T> {
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said.detail ?? answer.statusText);
  return said as T;
}

export async function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  return understood<T>(await request(url, { headers: { Accept: "application/json" }, signal: signal ?? null }));
}

// Of questions that follow one another the answer to the last one counts: those before it have null.
export function newest<T>(): (answer: Promise<T>) => Promise<T | null> {
  let asked = 0;
  return async (answer) => {
    const question = ++asked;
    try {
      const said = await answer;
      return question === asked ? said : null;
    } catch (error) {
      if (question === asked) throw error;
      return null;
    }
  };
}

// A review that is sent again is stored once.
export async function post<T>(url: string, said: object): Promise<T> {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID?.() ?? String(Math.random()).slice(2) };
  return understood<T>(await request(url, { method: "POST", headers, body: JSON.stringify(said) }));
}

export const query = (said: Record<string, string | number | null | undefined>): string =>
  Object.entries(said)
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value)).replaceAll("%3A", ":").replaceAll("%2F", "/")}`)
    .join("&");
