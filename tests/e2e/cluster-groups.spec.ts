import { expect, type Page, test } from "@playwright/test";
import { ClusterBerth, tenancies } from "./cluster-berth.ts";
import { computeAndSave, inJupyterLab } from "./journey.ts";
import { type SocketLife, watchSockets } from "./sockets.ts";

/** Done-when of the groups' job on a real Kubernetes, under exactly the documented Roles: one story a person, each with a group of its own. */
for (const tenancy of tenancies) {
  const perGroup = tenancy === "a namespace per group";

  test.describe(`groups on Kubernetes, ${tenancy}`, () => {
    let it: ClusterBerth;

    test.beforeAll(async ({ browser }) => {
      test.setTimeout(240_000);
      it = await ClusterBerth.start(browser, tenancy);
    });
    test.afterAll(async () => await it?.remove());

    if (perGroup)
      test("a manager raises the quota within the ceiling, and the namespace's ResourceQuota follows; beyond it the ceiling is named and nothing changes", async () => {
        test.setTimeout(120_000);
        const { people } = it;
        await people.makeGroup(
          "algebra",
          { managers: ["ada"], members: ["abe"] },
          { ceiling: { servers: 8 }, quota: { servers: 3, memoryLimit: "1Gi" } },
        );
        // The group's namespace is made with its first server.
        await startTiny(await people.page("abe"), "abe", "algebra");
        await expect.poll(async () => (await it.runningPods("algebra")).length, { timeout: 60_000 }).toBe(1);
        expect(await hardOf("algebra")).toEqual({ pods: "3", memory: "1Gi" });

        const manager = await people.page("ada");
        await manager.goto(`${it.url}/hub/groups/algebra`);
        await expect(manager.getByText("1 of 3 servers")).toBeVisible();
        await setQuota(manager, "Servers", "9");
        const refusal = "The ceiling of group algebra is 8 servers. Stay within it, or ask an admin to raise it.";
        await expect(manager.getByRole("alert").filter({ hasText: refusal })).toBeVisible();
        await expect(manager.getByLabel("Servers", { exact: true })).toHaveAttribute("aria-invalid", "true");
        expect(await hardOf("algebra")).toEqual({ pods: "3", memory: "1Gi" });

        await manager.getByLabel("Servers", { exact: true }).fill("8");
        await manager.getByRole("button", { name: "Save" }).first().click();
        await expect(manager.getByText("1 of 8 servers")).toBeVisible();
        await expect.poll(() => hardOf("algebra"), { timeout: 15_000 }).toEqual({ pods: "8", memory: "1Gi" });
      });

    test("a member's profile is greyed with what is used and by whom, startable once the manager raised the quota, and runs in a pod", async () => {
      test.setTimeout(180_000);
      const { people } = it;
      await people.makeGroup(
        "botany",
        { managers: ["bea"], members: ["bob", "boris"] },
        { ceiling: { memoryLimit: "4Gi" }, quota: { memoryLimit: "512Mi" } },
      );
      await startTiny(await people.page("boris"), "boris", "botany");

      const member = await people.page("bob");
      await member.goto(`${it.url}/hub/spawn`);
      const profile = member.getByRole("radio", { name: "Python" });
      const reason =
        "Group botany has used 64 of 512 MiB of memory, and this server asks for 512 MiB of memory: boris.";
      await expect(member.getByText(reason)).toBeVisible();
      await expect(profile).toBeDisabled();
      await expect(member.getByRole("radio", { name: "Tiny" })).toBeEnabled();

      const manager = await people.page("bea");
      await manager.goto(`${it.url}/hub/groups/botany`);
      await setQuota(manager, "Memory", "1Gi");
      await expect(manager.getByText("0.06 of 1 GiB of memory")).toBeVisible();

      await member.reload();
      await expect(profile).toBeEnabled();
      await expect(member.getByText(reason)).toHaveCount(0);
      await profile.check();
      await member.getByRole("button", { name: "Start", exact: true }).click();
      await inJupyterLab(member);
      const memory = (await it.runningPods("botany")).map(({ spec }) => spec.containers[0]?.resources.limits.memory);
      expect(memory.sort()).toEqual(["512Mi", "64Mi"]);
    });

    test("the ninth server of a group is refused with the quota, what is used and by whom, and so is the ninth of a member; no pod is made", async () => {
      test.setTimeout(180_000);
      const { people } = it;
      await people.makeGroup(
        "chemistry",
        { managers: ["carl"], members: ["cleo", "cem"] },
        { ceiling: { servers: 20 }, quota: { servers: 8 } },
      );
      const others = (await it.objects("chemistry", "pods")).length;
      const [cleo, cem] = [await people.page("cleo"), await people.page("cem")];
      const seven = ["", "two", "three", "four", "five", "six", "seven"];
      await Promise.all(seven.map((server) => startTiny(cleo, "cleo", "chemistry", server)));

      await cleo.goto(`${it.url}/hub/spawn/cleo/ninth`);
      await cleo.getByRole("radio", { name: "Tiny" }).check();
      // The last place goes to somebody else while this page stands open.
      await startTiny(cem, "cem", "chemistry");
      await cleo.getByRole("button", { name: "Start", exact: true }).click();
      const groupFull = "Group chemistry has used 8 of 8 servers: cleo (7), cem. The next may free up when somebody";
      await expect(cleo.getByRole("alert").filter({ hasText: groupFull })).toBeVisible();
      await cleo.reload();
      await expect(cleo.getByRole("radio", { name: "Tiny" })).toBeDisabled();
      await expect(cleo.getByText(groupFull).first()).toBeVisible();
      await startRefused(cleo, "cleo", "ninth", groupFull);

      const manager = await people.page("carl");
      await manager.goto(`${it.url}/hub/groups/chemistry`);
      await setQuota(manager, "Servers", "20");
      await expect(manager.getByText("8 of 20 servers")).toBeVisible();
      await people.mutate(manager, "quotas.setMemberLimits", { group: "chemistry", limits: { servers: 8 } });
      await startTiny(cleo, "cleo", "chemistry", "eight");
      const memberFull = "In group chemistry, “cleo” may run 8 servers at once. Stop one first.";
      await cleo.reload();
      await expect(cleo.getByText(memberFull).first()).toBeVisible();
      await startRefused(cleo, "cleo", "ninth", memberFull);

      await expect.poll(async () => (await it.runningPods("chemistry")).length, { timeout: 60_000 }).toBe(others + 9);
      expect(await it.objects("chemistry", "pods")).toHaveLength(others + 9);
    });

    if (perGroup)
      test("F-22: an admin disables a user: the open JupyterLab loses its sockets within 5 s for good, the pod goes, the home stays", async () => {
        test.setTimeout(180_000);
        const { people } = it;
        await people.makeGroup("ethics", { managers: [], members: ["eve"] });
        const eve = await people.page("eve", watchSockets);
        await eve.goto(`${it.url}/hub/spawn`);
        await eve.getByRole("button", { name: "Start", exact: true }).click();
        await inJupyterLab(eve);
        await computeAndSave(eve);
        const open = async () => (await sockets()).filter(({ closedAtMs }) => closedAtMs === null);
        await expect
          .poll(async () => (await open()).map(({ path }) => path))
          .toContainEqual(expect.stringMatching(/channels/));
        const before = await open();

        const { root } = people;
        await root.goto(`${it.url}/hub/admin/users/eve`);
        await root.getByRole("button", { name: "Disable …" }).click();
        await expect(root.getByRole("alertdialog")).toContainText("Logins that end, in every browser: 1");
        const clickedAtMs = Date.now();
        await root.getByRole("alertdialog").getByRole("button", { name: "Disable" }).click();
        await expect.poll(async () => (await open()).length, { timeout: 20_000, intervals: [100] }).toBe(0);
        const after = await sockets();
        for (const { path, openedAtMs } of before) {
          const closed = after.find((one) => one.path === path && one.openedAtMs === openedAtMs);
          const tookMs = (closed?.closedAtMs ?? Number.POSITIVE_INFINITY) - clickedAtMs;
          expect(tookMs, `${path} was open for ${tookMs} ms`).toBeLessThan(5000);
          expect(closed?.code, path).toBe(4401);
        }
        await expect(root.getByText(/Disabled since/)).toBeVisible();
        await expect.poll(async () => (await it.objects("ethics", "pods")).length, { timeout: 60_000 }).toBe(0);
        expect(await it.objects("ethics", "persistentvolumeclaims")).toHaveLength(1);
        expect((await sockets()).filter(({ openedAtMs }) => (openedAtMs ?? 0) > clickedAtMs + 5000)).toEqual([]);
        await root.goto(`${it.url}/hub/admin/homes`);
        await expect(root.getByRole("row", { name: "claim-eve" })).not.toContainText("deleted;");
        await eve.goto(`${it.url}/user/eve/lab`);
        await expect(eve).toHaveURL(/\/hub\/login/);

        async function sockets(): Promise<readonly SocketLife[]> {
          return await eve.evaluate(() => window.berthSockets);
        }
      });

    async function startTiny(page: Page, user: string, group: string, name = ""): Promise<void> {
      await it.people.mutate(page, "servers.start", { user, name, group, profile: "tiny" });
    }

    async function startRefused(page: Page, user: string, name: string, sentence: string): Promise<void> {
      const answer = await it.people.call(page, "servers.start", { user, name, profile: "tiny" });
      expect(answer.status).toBe(412);
      expect(answer.text).toContain(sentence);
    }

    async function hardOf(group: string): Promise<unknown> {
      type Quota = { metadata: { name: string }; spec: { hard: Record<string, string> }; status?: { hard?: object } };
      const quotas = await it.objects<Quota>(group, "resourcequotas");
      const quota = quotas.find(({ metadata }) => metadata.name === "berth-group");
      if (quota === undefined) return null;
      const { pods, "limits.memory": memory } = quota.spec.hard;
      return { pods, memory };
    }
  });
}

/** In the dialog of the group's page; what it answers is the test's business. */
async function setQuota(page: Page, label: string, amount: string): Promise<void> {
  await page.getByRole("button", { name: "Change the quota" }).click();
  await page.getByLabel(label, { exact: true }).fill(amount);
  await page.getByRole("button", { name: "Save" }).first().click();
}
