import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { canonical, presenceInWords, pullsJudged } from "./images.ts";

const pod = (reason: string, image = "example.org/lab:1", message = ""): V1Pod => ({
  metadata: { name: "jupyter-ana" },
  status: {
    containerStatuses: [
      { name: "notebook", image, imageID: "", ready: false, restartCount: 0, state: { waiting: { reason, message } } },
    ],
  },
});
const node = (...images: string[]): V1Node => ({ status: { images: images.map((name) => ({ names: [name] })) } });

describe("images", () => {
  test("that can't be pulled now are named with how many wait and the kubelet's words, and nobody's pod is", () => {
    expect(pullsJudged([pod("ContainerCreating"), pod("PodInitializing")]).ok).toBe(true);
    const said = pullsJudged([pod("ErrImagePull", "example.org/lab:1", "manifest unknown"), pod("ImagePullBackOff")]);
    expect(said).toMatchObject({
      ok: false,
      message: "Can't be pulled: example.org/lab:1 (2 waiting): manifest unknown.",
      fix: expect.stringContaining("pullSecrets"),
    });
    expect(JSON.stringify(said)).not.toContain("ana");
  });

  test.each([
    ["python", "docker.io/library/python:latest"],
    ["jupyter/minimal-notebook:2025", "docker.io/jupyter/minimal-notebook:2025"],
    ["quay.io/jupyter/lab:1", "quay.io/jupyter/lab:1"],
    ["localhost/singleuser:1", "localhost/singleuser:1"],
    ["registry:5000/lab", "registry:5000/lab:latest"],
    ["quay.io/jupyter/lab@sha256:ab", "quay.io/jupyter/lab@sha256:ab"],
  ])("%s is what a machine calls %s", (image, name) => {
    expect(canonical(image)).toBe(name);
  });

  test("say on how many machines they are, by the names machines give them", () => {
    const machines = [node("docker.io/library/python:latest", "quay.io/jupyter/lab:1"), node("quay.io/jupyter/lab:1")];
    expect(presenceInWords(["quay.io/jupyter/lab:1"], machines, false)).toBe(
      "Every image of the profiles is on each of 2 machines.",
    );
    expect(presenceInWords(["quay.io/jupyter/lab:1", "python"], machines, false)).toMatch(
      /^Of 2 machines.*: python on 1\./,
    );
    expect(presenceInWords(["python"], machines, true)).toMatch(/^Of the first 2 machines/);
  });
});
