import type { Page } from "@playwright/test";

/** One WebSocket of a page, in the page's own clock. */
export type SocketLife = {
  readonly path: string;
  openedAtMs: number | null;
  closedAtMs: number | null;
  code: number | null;
};

declare global {
  interface Window {
    berthSockets: SocketLife[];
  }
}

/** From the page's next address on, `window.berthSockets` says when each WebSocket opened and closed, as the page itself saw it. */
export async function watchSockets(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.berthSockets = [];
    const Native = window.WebSocket;
    window.WebSocket = class extends Native {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        const life: SocketLife = { path: new URL(url).pathname, openedAtMs: null, closedAtMs: null, code: null };
        window.berthSockets.push(life);
        this.addEventListener("open", () => {
          life.openedAtMs = Date.now();
        });
        this.addEventListener("close", ({ code }) => {
          life.closedAtMs = Date.now();
          life.code = code;
        });
      }
    };
  });
}
