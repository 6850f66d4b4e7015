import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { buildCluster, cacheDirectory, partFile } from "./build.ts";
import { renderedText, sampleFile, samples } from "./chart-render.ts";

/** What kube-score would have another way, for which objects, and why it stays: an exception nobody needs any longer fails. */
const exceptions: readonly { readonly check: string; readonly of: RegExp; readonly why: string }[] = [
  {
    check: "container-resources",
    of: /./,
    why: "No CPU limits: they slow a pod down while the node has nothing else to do. Requests share fairly; memory has limits.",
  },
  {
    check: "container-image-pull-policy",
    of: /./,
    why: "A version's tag is never moved: asking the registry at each start would make it one more thing that can be away.",
  },
  {
    check: "deployment-has-host-podantiaffinity",
    of: /^Deployment\//,
    why: "Topology spread says the same, and lets a cluster of one node have two replicas.",
  },
  {
    check: "statefulset-has-host-podantiaffinity",
    of: /user-placeholder$/,
    why: "Placeholders are to be packed as users' servers are.",
  },
  {
    check: "statefulset-has-poddisruptionbudget",
    of: /user-placeholder$/,
    why: "Whoever drains a node need not wait for placeholders.",
  },
  { check: "statefulset-has-servicename", of: /./, why: "Nobody asks for a single pod of these by its name." },
  {
    check: "container-security-context-user-group-id",
    of: /postgres$/,
    why: "The image's own account, which is no account of a node; postgresql.securityContext changes it.",
  },
  {
    check: "pod-probes-identical",
    of: /postgres$/,
    why: "The same question with other patience: a miss takes it out of the Service, six misses restart it.",
  },
  { check: "deployment-replicas", of: /^Deployment\//, why: "Samples for one machine have one replica." },
];

const Report = z.array(
  z.looseObject({
    object_name: z.string(),
    checks: z.array(
      z.looseObject({
        check: z.looseObject({ id: z.string() }),
        grade: z.number(),
        skipped: z.boolean(),
        comments: z.array(z.looseObject({ summary: z.string() })).nullable(),
      }),
    ),
  }),
);
type Finding = { readonly check: string; readonly of: string; readonly says: string };

/** Everything below the best grade. */
function findings(manifests: string): Finding[] {
  const optional = ["container-seccomp-profile", "container-ports-check"];
  const args = ["score", "-o", "json", "--kubernetes-version", "v1.34"];
  const ran = spawnSync(
    partFile("kube-score"),
    [...args, ...optional.flatMap((id) => ["--enable-optional-test", id]), "-"],
    { input: manifests, encoding: "utf8", maxBuffer: 32 * 1024 ** 2 },
  );
  if (ran.stdout === "") throw new Error(`kube-score said nothing but: ${ran.stderr}`);
  return Report.parse(JSON.parse(ran.stdout)).flatMap(({ object_name, checks }) =>
    checks
      .filter(({ skipped, grade }) => !skipped && grade < 10)
      .flatMap(({ check, comments }) =>
        (comments ?? []).map(({ summary }) => ({ check: check.id, of: shortName(object_name), says: summary })),
      ),
  );
}

/** `Deployment/apps/v1//hub` as `Deployment/hub`. */
function shortName(name: string): string {
  const parts = name.split("/");
  return `${parts[0]}/${parts.at(-1)}`;
}

const excepted = ({ check, of }: Finding) => exceptions.filter((one) => one.check === check && one.of.test(of));

beforeAll(async () => await buildCluster(cacheDirectory, ["helm", "kube-score"]), 900_000);

describe("S-45: a hardening scanner", () => {
  test("finds what is wrong with a pod that has nothing", () => {
    const pod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"bare","namespace":"a"},"spec":{"containers":[{"name":"a","image":"a:latest"}]}}`;
    const checks = findings(pod).map(({ check }) => check);
    for (const id of [
      "container-resources",
      "container-security-context-readonlyrootfilesystem",
      "container-seccomp-profile",
      "pod-networkpolicy",
    ])
      expect(checks).toContain(id);
  });

  test.each(samples)("finds nothing in sample %s that isn't explained", (sample) => {
    const found = findings(renderedText(["--values", sampleFile(sample)]));
    expect(found.filter((finding) => excepted(finding).length === 0)).toEqual([]);
  });

  test("needs every exception, each for a reason", () => {
    const found = samples.flatMap((sample) => findings(renderedText(["--values", sampleFile(sample)])));
    const used = new Set(found.flatMap(excepted));
    expect(exceptions.filter((one) => !used.has(one))).toEqual([]);
  });
});
