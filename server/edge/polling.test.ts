import { describe, expect, test } from "vitest";
import { Polling } from "./polling.ts";

describe("requests that are somebody's doing", () => {
  test("an open JupyterLab tab that looks for news all day is nobody", () => {
    const polling = new Polling();
    const looks = [
      "/user/ana/api/kernels",
      "/user/ana/api/sessions",
      "/user/ana/api/terminals",
      "/user/ana/api/contents/",
    ];
    for (const path of looks) polling.isActivity("GET", `${path}?1`, false);
    for (let look = 2; look < 10_000; look++)
      for (const path of looks) expect(polling.isActivity("GET", `${path}?${look}`, false)).toBe(false);
  });

  test("nor is JupyterLab that saves its layout after each look, every ten seconds for as long as its tab is in front", () => {
    const polling = new Polling();
    for (const layout of [
      "/user/ana/lab/api/workspaces/default?1795425647466",
      "/user/ana/second/lab/api/workspaces/auto-k",
    ])
      expect(polling.isActivity("PUT", layout, false)).toBe(false);
    expect(polling.isActivity("PUT", "/user/ana/api/contents/lab/api/workspaces/a.ipynb", false)).toBe(true);
    expect(polling.isActivity("PUT", "/user/ana/lab/api/settings/a", false)).toBe(true);
    expect(polling.isActivity("DELETE", "/user/ana/lab/api/workspaces/default", false)).toBe(true);
  });

  test("opening a page is somebody, again and again", () => {
    const polling = new Polling();
    for (let i = 0; i < 3; i++) expect(polling.isActivity("GET", "/user/ana/lab", true)).toBe(true);
  });

  test("what was never asked for before is somebody: another folder, another file", () => {
    const polling = new Polling();
    expect(polling.isActivity("GET", "/user/ana/api/contents/data", false)).toBe(true);
    expect(polling.isActivity("GET", "/user/ana/api/contents/data", false)).toBe(false);
    expect(polling.isActivity("GET", "/user/ana/api/contents/data/a.csv", false)).toBe(true);
  });

  test("whatever changes something is somebody", () => {
    const polling = new Polling();
    for (const method of ["POST", "PUT", "PATCH", "DELETE"])
      for (let i = 0; i < 2; i++) expect(polling.isActivity(method, "/user/ana/api/contents/a.md", false)).toBe(true);
  });

  test("a browser's question whether it may ask is nobody", () => {
    expect(new Polling().isActivity("OPTIONS", "/user/ana/x", false)).toBe(false);
  });

  test("paths asked for again and again are remembered among a thousand others", () => {
    const polling = new Polling();
    for (let i = 0; i < 1000; i++) {
      polling.isActivity("GET", `/file/${i}`, false);
      if (i > 0) expect(polling.isActivity("GET", "/api/kernels", false)).toBe(i === 1);
    }
  });
});
