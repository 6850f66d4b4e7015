/**
 * Runs before anything else of a page, as text in its head. A part of the page's script that doesn't arrive (the network changed, a new
 * version came in between) would leave a page on which nothing works: it is loaded anew, at most once in half a minute.
 */
export const reloadOnce = `addEventListener("error", (event) => {
  const { target } = event;
  if (!(target instanceof HTMLScriptElement) || !target.src) return;
  const key = "berth-reloaded-at";
  if (Date.now() - Number(sessionStorage.getItem(key)) < 30000) return;
  sessionStorage.setItem(key, String(Date.now()));
  location.reload();
}, true);`;
