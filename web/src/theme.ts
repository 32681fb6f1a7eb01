// Dark or light, remembered; colours of the style sheet for what is drawn on canvases.

const NAME = "cablewatch-theme";
export type Theme = "dark" | "light";

function remembered(): Theme | null {
  try {
    const kept = localStorage.getItem(NAME);
    return kept === "light" || kept === "dark" ? kept : null;
  } catch {
    return null; // storage is forbidden
  }
}

export const theme = (): Theme => (document.documentElement.dataset.theme === "light" ? "light" : "dark");

export function setTheme(to: Theme): void {
  document.documentElement.dataset.theme = to;
  try {
    localStorage.setItem(NAME, to);
  } catch {
    // it is dark again the next time
  }
}

export function startTheme(): void {
  document.documentElement.dataset.theme = remembered() ?? "dark";
}

export type Palette = (name: string) => string;

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}
