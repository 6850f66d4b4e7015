/**
 * What JupyterLab's page runs to say that its server will stop: one box in a shadow root, so that neither's styles reach the other. It
 * knows nothing but the two addresses beside its own. Plain JavaScript for the browser, kept as text: nothing builds or imports it.
 */
export const noticeScript = `(() => {
  const base = new URL(".", document.currentScript.src);
  let stopsAtMs = null, box = null, title = null, bar = null;
  const words = (seconds) => seconds < 1 ? "in a moment" : seconds < 60 ? "in " + Math.round(seconds) + " s"
    : "in " + Math.ceil(seconds / 60) + " min";
  const tick = () => {
    if (title !== null && stopsAtMs !== null)
      title.textContent = "This server stops " + words((stopsAtMs - performance.now()) / 1000);
  };
  const hide = () => { box?.remove(); box = title = stopsAtMs = null; };
  const show = ({ inSeconds, message, canExtend }) => {
    hide();
    stopsAtMs = performance.now() + inSeconds * 1000;
    box = document.createElement("div");
    box.setAttribute("role", "status");
    box.style.cssText = "position:fixed;z-index:100000;right:16px;bottom:40px;max-width:360px";
    const root = box.attachShadow({ mode: "open" });
    const panel = document.createElement("div");
    panel.style.cssText = "font:14px/1.4 system-ui,sans-serif;background:#fff8e1;color:#3b2f00;border:1px solid #b58900;" +
      "border-radius:8px;padding:12px 16px;box-shadow:0 4px 16px #0004";
    title = document.createElement("strong");
    const text = document.createElement("p");
    text.style.margin = "4px 0 0";
    text.textContent = message;
    panel.append(title, text);
    if (canExtend) {
      const button = document.createElement("button");
      button.type = "button";
      button.style.cssText = "font:inherit;margin-top:8px;padding:4px 12px;cursor:pointer";
      button.textContent = "Keep it running for another hour";
      button.addEventListener("click", async () => {
        button.disabled = true;
        const answer = await fetch(new URL("extend", base), { method: "POST" }).catch(() => null);
        if (answer?.ok) hide();
        else { text.textContent = "This did not work. Open the portal's page to keep it."; button.disabled = false; }
      });
      panel.append(button);
    }
    root.append(panel);
    document.body.append(box);
    tick();
  };
  const tellAccess = (lines) => {
    bar?.remove();
    bar = null;
    if (lines.length === 0) return;
    bar = document.createElement("div");
    bar.setAttribute("role", "status");
    bar.style.cssText = "position:fixed;z-index:100001;left:50%;top:0;transform:translateX(-50%);max-width:90vw";
    const panel = document.createElement("div");
    panel.style.cssText = "font:13px/1.4 system-ui,sans-serif;background:#7a1f1f;color:#fff;padding:4px 16px;border-radius:0 0 8px 8px";
    for (const line of lines) {
      const text = document.createElement("p");
      text.style.margin = "0";
      text.textContent = line;
      panel.append(text);
    }
    bar.attachShadow({ mode: "open" }).append(panel);
    document.body.append(bar);
  };
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(new URL("notice", base)).catch(() => null);
    if (!answer?.ok) return;
    const { stop, access } = await answer.json();
    tellAccess(access);
    if (stop === null) hide();
    else show(stop);
  };
  setInterval(tick, 1000);
  setInterval(look, 30000);
  document.addEventListener("visibilitychange", look);
  look();
})();
`;
