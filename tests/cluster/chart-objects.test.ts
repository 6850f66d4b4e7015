import { beforeAll, describe, expect, test } from "vitest";
import { buildCluster, cacheDirectory } from "./build.ts";
import { render, sampleFile, samples } from "./chart-render.ts";
import { definitionsOf, problemsOf } from "./openapi.ts";

beforeAll(async () => await buildCluster(cacheDirectory, ["helm", "openapi"]), 900_000);

const minors = ["1.24", "1.34"] as const;

describe("the check itself", () => {
  const pod = (container: object) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: { containers: [{ name: "a", ...container }] },
  });

  test.each(minors)("knows a good pod of %s, and refuses misspelt fields, wrong types and amounts", (minor) => {
    const definitions = definitionsOf(minor);
    const problems = (container: object) => problemsOf(definitions, pod(container));
    expect(
      problems({ image: "a:1", ports: [{ containerPort: 80 }], resources: { limits: { memory: "1Gi" } } }),
    ).toEqual([]);
    expect(problems({ imagee: "a:1" })).toEqual(["Pod.spec.containers[0].imagee: nobody knows this field"]);
    expect(problems({ ports: [{ containerPort: "80" }] })).toHaveLength(1);
    expect(problems({ resources: { limits: { memory: "1 GB" } } })).toHaveLength(1);
    expect(problems({ ports: [{}] })).toEqual(["Pod.spec.containers[0].ports[0].containerPort is missing"]);
    expect(problemsOf(definitions, { apiVersion: "example.org/v1", kind: "Thing" })).toBeNull();
  });
});

describe.each(minors)("Kubernetes %s", (minor) => {
  test.each(samples)("knows every field of what sample %s makes", (sample) => {
    const definitions = definitionsOf(minor);
    for (const object of render(["--values", sampleFile(sample)], `${minor}.0`)) {
      const problems = problemsOf(definitions, object);
      // The Gateway API's route is described by its own project, not by Kubernetes.
      if (object.kind === "HTTPRoute") expect(problems).toBeNull();
      else expect(problems, `${object.kind}/${object.metadata.name}`).toEqual([]);
    }
  });
});
