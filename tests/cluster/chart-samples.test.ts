import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadConfig, printProblems } from "#server/config/load.ts";
import { buildCluster, cacheDirectory } from "./build.ts";
import { podsOf, type Rendered, refusal, render, sampleFile, samples } from "./chart-render.ts";

const folder = mkdtempSync(path.join(tmpdir(), "berth-chart-"));
const publicUrl = ["--set", "hub.publicUrl=https://hub.example.org"];

beforeAll(async () => {
  await buildCluster(cacheDirectory, ["helm"]);
  mkdirSync(path.join(folder, "keys"));
  for (const key of ["edge-key", "web-key", "client-secret"]) writeFileSync(path.join(folder, "keys", key), "a key");
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true }));

const rulesIn = (file: string) =>
  (parse(readFileSync(path.resolve(import.meta.dirname, "../../k8s/rbac", file), "utf8")) as { rules: unknown[] })
    .rules;
const named = (objects: readonly Rendered[], kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

describe.each(samples)("sample %s", (sample) => {
  const values = ["--values", sampleFile(sample)];

  test.each(["1.24.0", "1.34.0"])("renders for Kubernetes %s, the same objects each time", (version) => {
    const objects = render(values, version);
    for (const role of ["hub", "edge", "web"]) expect(named(objects, "Deployment", role)).toBeDefined();
    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(["hub", "edge", "web"])("the berth.yaml it gives %s is one that Berth starts with", (role) => {
    const text = named(render(values), "Secret", `${role}-config`)?.stringData?.["berth.yaml"] ?? "";
    const file = path.join(folder, `${role}.yaml`);
    writeFileSync(file, text.replaceAll(/\/etc\/berth\/(?:keys|entra)\//g, `${folder}/keys/`));
    const environment = { BERTH_HUB_DB_URL: "postgresql://berth@db/berth" };
    const loaded = loadConfig({ file, environment });
    expect(loaded.ok ? "" : printProblems(loaded.problems)).toBe("");
  });

  test("S-45: every pod runs without root, rights, a writable root or a token it doesn't need, and with limits", () => {
    for (const { of, spec } of podsOf(render(values))) {
      expect(spec.securityContext, of).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      // The hub speaks to the API server, and what waits for the images may look at them; nobody else does.
      expect(spec.automountServiceAccountToken, of).toBe(["Deployment/hub", "Job/hook-image-awaiter"].includes(of));
      for (const host of ["hostNetwork", "hostPID", "hostIPC"]) expect(spec[host], of).toBeUndefined();
      for (const volume of spec.volumes) expect(volume.hostPath, of).toBeUndefined();
      for (const container of [...spec.containers, ...spec.initContainers]) {
        const at = `${of} ${container.name}`;
        expect(container.securityContext, at).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(container.resources.requests, at).toHaveProperty("memory");
        expect(container.resources.limits, at).toHaveProperty("memory");
      }
    }
  });
});

describe("the chart", () => {
  test("readiness is asked apart from liveness, and no liveness looks at another part", () => {
    for (const { of, spec } of podsOf(render(publicUrl)).filter((pod) => /\/(hub|edge|web)$/.test(pod.of))) {
      const [container] = spec.containers;
      expect(container?.readinessProbe, of).not.toEqual(container?.livenessProbe);
      expect(JSON.stringify(container?.livenessProbe), of).not.toContain("health");
    }
  });

  test("edge and web are given no database, no login secret and no signing key", () => {
    const secrets = [
      "--set",
      "hub.db.url=postgresql://u:canary@db/b,auth.github.clientId=i,auth.github.clientSecret=canary",
    ];
    const objects = render([...publicUrl, ...secrets]);
    expect(named(objects, "Secret", "hub-config")?.stringData?.["berth.yaml"]).toContain("canary");
    for (const role of ["edge", "web"]) {
      expect(named(objects, "Secret", `${role}-config`)?.stringData?.["berth.yaml"]).not.toContain("canary");
      const pod = JSON.stringify(named(objects, "Deployment", role));
      expect(pod).not.toMatch(/signing-key|DB_URL|hub-config/);
    }
  });

  test("the hub's rights are those of k8s/rbac, and nobody else has any", () => {
    const single = render(publicUrl);
    expect(named(single, "Role", "berth-hub")?.rules).toEqual(rulesIn("role.yaml"));
    expect(single.some(({ kind }) => kind.startsWith("ClusterRole"))).toBe(false);
    const many = render([...publicUrl, "--set", "spawner.kubernetes.namespaceTemplate=berth-{group}"]);
    expect(named(many, "ClusterRole", "berth-hub-tenancies")?.rules).toEqual(rulesIn("cluster-role.yaml"));
    expect(named(many, "ClusterRole", "berth-hub")?.rules).toEqual(rulesIn("cluster-role-servers.yaml"));
    for (const binding of [...single, ...many].filter(({ kind }) => kind.endsWith("RoleBinding")))
      expect(binding.subjects).toEqual([{ kind: "ServiceAccount", name: "hub", namespace: "berth" }]);
  });

  test("a misspelt key is refused with its path, and so is one that the chart decides", () => {
    expect(refusal([...publicUrl, "--set", "singleuser.memory.limitt=1G"])).toMatch(/singleuser.memory.*limitt/s);
    expect(refusal([...publicUrl, "--set", "edge.tolerationz[0].key=a"])).toMatch(/\/edge.*tolerationz/s);
    expect(refusal([...publicUrl, "--set", "hub.apiListen=0.0.0.0:1"])).toMatch(/\/hub.*apiListen/s);
  });

  test("without an address for people it says which key and what to write", () => {
    expect(refusal([])).toContain("hub.publicUrl: say the address people will open");
  });

  test("every image people can choose is pulled beforehand, the choices of profiles too", () => {
    const profile = {
      display_name: "A",
      kubespawner_override: { image: "profile:1" },
      profile_options: {
        image: {
          display_name: "I",
          choices: {
            b: {
              display_name: "B",
              kubespawner_override: { image: "choice:1", extra_containers: [{ name: "db", image: "choice-db:1" }] },
            },
          },
        },
      },
    };
    const puller = { continuous: { enabled: true }, extraImages: { more: "extra:1" } };
    const file = path.join(folder, "images.yaml");
    const singleuser = { image: { name: "own", tag: "1" }, profileList: [profile] };
    writeFileSync(file, JSON.stringify({ singleuser, prePuller: puller }));
    const [pod] = podsOf(render([...publicUrl, "--values", file])).filter(({ of }) => of.startsWith("DaemonSet"));
    expect(pod?.spec.initContainers.map(({ image }) => image)).toEqual([
      "own:1",
      "profile:1",
      "choice:1",
      "choice-db:1",
      "extra:1",
    ]);
  });

  test("monitoring: the hub's metrics with a token, the alert rules and the dashboard as they are tested", () => {
    const on = ["serviceMonitor", "prometheusRule", "dashboard"].flatMap((kind) => [
      "--set",
      `monitoring.${kind}.enabled=true`,
    ]);
    expect(refusal([...publicUrl, ...on])).toContain("monitoring.serviceMonitor.tokenSecret.name");
    const objects = render([...publicUrl, ...on, "--set", "monitoring.serviceMonitor.tokenSecret.name=metrics"]);
    const file = (name: string) =>
      readFileSync(path.resolve(import.meta.dirname, "../../k8s/chart/monitoring", name), "utf8");
    expect(named(objects, "PrometheusRule", "berth")?.spec).toEqual(parse(file("alerts.yaml")));
    expect(named(objects, "ConfigMap", "berth-dashboard")?.data).toEqual({
      "berth.json": file("grafana-dashboard.json"),
    });
    expect(named(objects, "Service", "hub")?.spec).toMatchObject({ ports: [{ name: "api" }] });
    expect(named(objects, "ServiceMonitor", "hub")?.spec).toMatchObject({
      endpoints: [
        { port: "api", path: "/hub/metrics", authorization: { credentials: { name: "metrics", key: "token" } } },
      ],
    });
    expect(render(publicUrl).filter(({ apiVersion }) => apiVersion.includes("monitoring"))).toEqual([]);
  });

  test("what pulls images and keeps places goes where users' servers go, and pulls those of their side containers too", () => {
    const singleuser = {
      nodeSelector: { pool: "users" },
      extraTolerations: [{ key: "gpu", operator: "Exists" }],
      initContainers: [{ name: "prepare", image: "prepare:1" }],
      profileList: [
        { display_name: "A", kubespawner_override: { extra_containers: [{ name: "sync", image: "sync:1" }] } },
      ],
    };
    const file = path.join(folder, "placement.yaml");
    const scheduling = {
      userPods: { nodeAffinity: "require" },
      podPriority: { enabled: true },
      userPlaceholder: { enabled: true },
    };
    const prePuller = { hook: { enabled: true }, continuous: { enabled: true } };
    writeFileSync(file, JSON.stringify({ singleuser, scheduling, prePuller }));
    const pods = podsOf(render([...publicUrl, "--values", file])).filter(({ of }) => /puller|placeholder/.test(of));
    expect(pods.map(({ of }) => of).sort()).toEqual([
      "DaemonSet/continuous-image-puller",
      "DaemonSet/hook-image-puller",
      "StatefulSet/user-placeholder",
    ]);
    for (const { of, spec } of pods) {
      expect(spec.nodeSelector, of).toEqual({ pool: "users" });
      expect(spec.tolerations, of).toEqual(expect.arrayContaining(singleuser.extraTolerations));
      expect(JSON.stringify(spec.affinity), of).toContain("hub.jupyter.org/node-purpose");
      if (of.startsWith("DaemonSet"))
        expect(
          spec.initContainers.map(({ image }) => image),
          of,
        ).toEqual(expect.arrayContaining(["prepare:1", "sync:1"]));
    }
  });

  test("profiles, groups, roles and rules of culling reach running pods; what they can't take over is a new hub, and none of it an edge", () => {
    const marks = (...values: readonly string[]) =>
      render([...publicUrl, ...values.flatMap((value) => ["--set-json", value])])
        .filter(({ kind }) => kind === "Deployment")
        .map(({ metadata, spec }) => [metadata.name, JSON.stringify(spec?.template)]);
    const before = marks();
    const profiles = 'singleuser.profileList=[{"display_name":"Huge"}]';
    const role = 'hub.loadRoles={"auditor":{"scopes":["list:users"],"groups":["staff"]}}';
    expect(marks(profiles, role, "cull.timeout=700", "groups.undoDays=3", "hub.activeServerLimit=9")).toEqual(before);
    const changed = marks("cull.enabled=true", "hub.concurrentSpawnLimit=9").filter(
      ([name, template]) => !before.some(([other, found]) => other === name && found === template),
    );
    expect(changed.map(([name]) => name)).toEqual(["hub"]);
  });

  test.each(["Deployment/hub", "Deployment/edge", "Deployment/web", "StatefulSet/postgres"])(
    "%s takes everything an operator sets on a pod",
    (of) => {
      const part = of.endsWith("postgres") ? "postgresql" : (of.split("/")[1] ?? "");
      const set = {
        nodeSelector: { pool: "core" },
        tolerations: [{ key: "core", operator: "Exists" }],
        affinity: { nodeAffinity: {} },
        extraEnv: { MINE: "1" },
        extraVolumes: [{ name: "mine", emptyDir: {} }],
        extraVolumeMounts: [{ name: "mine", mountPath: "/mine" }],
        resources: { requests: { cpu: "7m" } },
        podSecurityContext: { fsGroup: 7, runAsNonRoot: false },
        priorityClassName: "mine",
      };
      const file = path.join(folder, `${part}.yaml`);
      writeFileSync(file, JSON.stringify({ [part]: set }));
      const spec = podsOf(render([...publicUrl, "--values", file])).find((pod) => pod.of === of)?.spec;
      expect(spec).toMatchObject({
        nodeSelector: set.nodeSelector,
        tolerations: expect.arrayContaining(set.tolerations),
        affinity: set.affinity,
        priorityClassName: "mine",
        securityContext: { fsGroup: 7, runAsNonRoot: false, seccompProfile: { type: "RuntimeDefault" } },
      });
      expect(spec?.volumes).toEqual(expect.arrayContaining(set.extraVolumes));
      expect(spec?.containers[0]).toMatchObject({
        env: expect.arrayContaining([{ name: "MINE", value: "1" }]),
        volumeMounts: expect.arrayContaining(set.extraVolumeMounts),
        resources: { requests: { cpu: "7m" } },
      });
    },
  );

  test("the database of its own goes once another is named", () => {
    expect(named(render(publicUrl), "StatefulSet", "postgres")).toBeDefined();
    expect(
      named(render([...publicUrl, "--set", "hub.db.existingSecret=mine"]), "StatefulSet", "postgres"),
    ).toBeUndefined();
  });
});
