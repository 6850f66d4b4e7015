import { describe, expect, test } from "vitest";
import {
  homeLabels,
  homeSelector,
  isOwned,
  nameAnnotations,
  serverLabels,
  serverOf,
  serverSelector,
} from "./labels.ts";

const installationId = "4f6c2c0e-0000-4000-8000-000000000001";
const identity = {
  installationId,
  serverId: "9a1b7b0e-0000-4000-8000-000000000002",
  generation: 7,
  owner: { raw: "user@email.com", label: "user-email-com---0925f997" },
  server: { raw: "", label: "" },
};

function matches(selector: string, labels: Readonly<Record<string, string>>): boolean {
  return selector.split(",").every((term) => {
    const [key = "", value] = term.split("=");
    return labels[key] === value;
  });
}

describe("labels", () => {
  test("the selectors find what was labelled, and each only its own kind", () => {
    const home = homeLabels({ ...identity, homeId: "home-1" });
    expect(matches(serverSelector(installationId), serverLabels(identity))).toBe(true);
    expect(matches(homeSelector(installationId), home)).toBe(true);
    expect(matches(serverSelector(installationId), home)).toBe(false);
    expect(matches(homeSelector(installationId), serverLabels(identity))).toBe(false);
  });

  test("another installation's servers are neither selected nor owned", () => {
    const foreign = serverLabels({ ...identity, installationId: "another" });
    expect(matches(serverSelector(installationId), foreign)).toBe(false);
    expect(isOwned({ metadata: { labels: foreign } }, installationId)).toBe(false);
    expect(isOwned({ metadata: { labels: serverLabels(identity) } }, installationId)).toBe(true);
    expect(isOwned({}, installationId)).toBe(false);
  });

  test("a server's pod says whose it is and of which start", () => {
    expect(serverOf({ metadata: { labels: serverLabels(identity) } })).toEqual({
      serverId: identity.serverId,
      generation: 7,
    });
  });

  test.each(["", "x", "-1", "1.5", "1e3", "9".repeat(16)])("a generation of %j is nobody's", (generation) => {
    const labels = { ...serverLabels(identity), "berth.dev/generation": generation };
    expect(serverOf({ metadata: { labels } })).toBeUndefined();
  });

  test("KubeSpawner's keys hold the label-safe name, and the annotation the name itself", () => {
    expect(serverLabels(identity)).toMatchObject({
      "hub.jupyter.org/username": "user-email-com---0925f997",
      "hub.jupyter.org/servername": "",
      component: "singleuser-server",
    });
    expect(nameAnnotations(identity.owner, identity.server)).toEqual({ "hub.jupyter.org/username": "user@email.com" });
    expect(nameAnnotations(identity.owner, { raw: "Lab 2", label: "lab-2---6edfda0f" })).toEqual({
      "hub.jupyter.org/username": "user@email.com",
      "hub.jupyter.org/servername": "Lab 2",
    });
  });
});
