import { expect, test } from "@playwright/test";
import { applyBerthAccess, type BerthAccess } from "#tests/cluster/access.ts";
import { clusterApi } from "#tests/cluster/api.ts";
import { newHome, type RunningBerth, removeHome, startBerth } from "./berth.ts";
import { addUser } from "./command-line.ts";
import { computeAndSave, logIn, seesFile, startAgain, startServer, stopServer } from "./journey.ts";

/** Done-when 1 of the main job, on a real Kubernetes, under exactly the documented Role. */
const admin = process.env.TEST_KUBECONFIG ?? "";

const modes = [
  { mode: "path mode", namespace: "berth-e2e-path", hub: "{}" },
  {
    mode: "subdomain mode",
    namespace: "berth-e2e-subdomain",
    hub: "{ publicUrl: 'http://hub.localhost:{port}', subdomainHost: 'users.localhost:{port}' }",
  },
] as const;

for (const { mode, namespace, hub } of modes) {
  test.describe(`a first day, on Kubernetes, ${mode}`, () => {
    let access: BerthAccess;
    let berth: RunningBerth;
    let password: string;

    test.beforeAll(async () => {
      access = await applyBerthAccess(admin, namespace);
      berth = await startBerth({ home: newHome(), config: configFor(access.kubeconfig, namespace, hub) });
      password = addUser(berth, "ana");
    });
    test.afterAll(async () => {
      await berth?.stop();
      await access?.remove();
      if (berth) removeHome(berth.home);
    });

    test("log in, choose a profile with an option, compute 6*7 in a limited pod, save, stop, start again: the file is there", async ({
      page,
    }) => {
      test.setTimeout(300_000);
      await logIn(page, berth.url, "ana", password);
      await startServer(page, { profile: "Python", option: "Size", value: "Medium" });
      expect(await limitsOfPod(namespace)).toEqual({ cpu: "1", memory: "1Gi" });
      const file = await computeAndSave(page);
      await stopServer(page, berth.url);
      await startAgain(page);
      await seesFile(page, file);
    });
  });
}

function configFor(kubeconfig: string, namespace: string, hub: string): string {
  return `
hub: ${hub}
spawner: { type: kubernetes, kubernetes: { kubeconfig: ${kubeconfig}, namespace: ${namespace} } }
singleuser:
  image: { name: localhost/singleuser, tag: "1", pullPolicy: IfNotPresent }
  cpu: { limit: 1, guarantee: 0.05 }
  storage: { capacity: 1Gi }
  profileList:
    - display_name: Python
      description: JupyterLab with Python.
      default: true
      profile_options:
        size:
          display_name: Size
          choices:
            s: { display_name: Small, default: true, kubespawner_override: { mem_limit: 512M, mem_guarantee: 128M } }
            m: { display_name: Medium, kubespawner_override: { mem_limit: 1G, mem_guarantee: 128M } }
`;
}

async function limitsOfPod(namespace: string): Promise<{ cpu: string; memory: string } | undefined> {
  const api = await clusterApi(admin);
  try {
    const pods = (await api.get(`/api/v1/namespaces/${namespace}/pods`)) as {
      items: { spec: { containers: { resources: { limits: { cpu: string; memory: string } } }[] } }[];
    };
    const limits = pods.items[0]?.spec.containers[0]?.resources.limits;
    return limits === undefined ? undefined : { cpu: limits.cpu, memory: limits.memory };
  } finally {
    await api.close();
  }
}
