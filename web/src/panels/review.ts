// What people did with an alert, and what they may do now.

import { post, Refused } from "../api";
import { button, html, renew, time, words } from "../dom";
import type { AlertWithHistory, ReviewEntry } from "../types";

const ACTOR = "cablewatch-actor";

const TAKES: Record<string, string[]> = {
  new: ["acknowledge", "confirm", "dismiss", "comment"],
  acknowledged: ["confirm", "dismiss", "comment", "reopen"],
  confirmed: ["reopen", "comment"],
  dismissed: ["reopen", "comment"],
};
const WITH_COMMENT = ["acknowledge", "comment"];
const NEEDS_TEXT = ["dismiss", "comment"];

function log(entries: ReviewEntry[]): HTMLElement {
  return html(
    "ul",
    { class: "history" },
    ...entries.map((entry) => html("li", {}, html("strong", {}, `${words(entry.action)} `), `by ${entry.actor}${entry.to ? ` to ${entry.to}` : ""}, ${time(entry.time)}${entry.reason || entry.comment ? `: ${entry.reason ?? entry.comment}` : ""}`)),
  );
}

export interface Review {
  node: HTMLElement;
  tell: (alert: AlertWithHistory) => void; // another version, or another review: what somebody writes stays
}

export function review(alert: AlertWithHistory, stored: () => Promise<void>): Review {
  const actor = html("input", { id: "review-actor", required: true, maxlength: 200, autocomplete: "name", value: sessionStorage.getItem(ACTOR) ?? "" });
  const text = html("textarea", { id: "review-text", rows: 2, maxlength: 4000 });
  const said = html("p", { class: "wide quiet", role: "status", id: "review-said" });
  const standing = html("div", {});
  const actions = html("div", { class: "row wide" });
  const act = async (action: string): Promise<void> => {
    const words = text.value.trim();
    if (!actor.value.trim()) return void complain("Say who you are: the log keeps it.", actor);
    if (NEEDS_TEXT.includes(action) && !words) return void complain(action === "dismiss" ? "Dismissing needs a reason." : "Write the comment first.", text);
    sessionStorage.setItem(ACTOR, actor.value.trim());
    const content = words ? { [WITH_COMMENT.includes(action) ? "comment" : "reason"]: words } : {};
    try {
      await post(`api/v1/alerts/${encodeURIComponent(alert.id)}/reviews`, { action, actor: actor.value.trim(), ...content });
    } catch (error) {
      const late = error instanceof Refused && error.status === 409;
      complain(late ? "Somebody else was faster: look at the log." : (error as Error).message, text);
      if (late) await stored().catch(() => null);
      return;
    }
    if (text.value.trim() === words) text.value = "";
    said.textContent = "";
    await stored().catch((error: Error) => (said.textContent = `It is stored, but not shown: ${error.message}`));
  };
  const complain = (what: string, where: HTMLElement): void => {
    said.textContent = what;
    where.focus();
  };
  const tell = ({ properties, reviews }: AlertWithHistory): void => {
    standing.replaceChildren(html("p", {}, `This alert is ${properties.review}.`), ...(reviews.length ? [log(reviews)] : []));
    const focused = actions.contains(document.activeElement);
    renew(actions, (TAKES[properties.review] ?? []).map((action) => button(words(action), () => void act(action), { id: `review-${action}` })));
    if (focused && !actions.contains(document.activeElement)) actions.querySelector("button")?.focus();
  };
  tell(alert);
  const form = html("div", { class: "form" }, html("label", { class: "wide" }, "Who reviews", actor), html("label", { class: "wide" }, "Reason or comment", text), actions, said);
  return { node: html("section", { id: "review" }, html("h3", {}, "Review"), standing, form), tell };
}
