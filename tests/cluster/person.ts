import { findServer, findServerById, type ServerRow } from "#db/servers.ts";
import { findUserByName } from "#db/users.ts";
import { serverKey } from "#k8s/labels.ts";
import type { ProgressView } from "#server/api/views.ts";
import type { Hub } from "#server/hub.ts";
import { progressViewOf } from "#server/servers/progress.ts";
import { startServer } from "#server/servers/start.ts";
import { stopServer } from "#server/servers/stop.ts";
import { failureOf } from "#server/spawner/record.ts";
import type { Target } from "#server/spawner/spawner.ts";
import { addUser } from "#tests/fakes/hub-under-test.ts";
import { type Installation, listed, type Named, type Pod } from "./installation.ts";
import { waitFor } from "./processes.ts";

/** One user of a hub with one of their servers, and what the cluster has of it. */
export class Person {
  readonly name: string;
  readonly #server: string;
  readonly #installation: Installation;
  readonly #hub: Hub;

  constructor(installation: Installation, hub: Hub, name: string, server = "") {
    this.#installation = installation;
    this.#hub = hub;
    this.name = name;
    this.#server = server;
  }

  static async create(installation: Installation, hub: Hub, name: string): Promise<Person> {
    await addUser(hub, name);
    return new Person(installation, hub, name);
  }

  async start(profile: string | null = null): Promise<void> {
    await startServer(this.#hub.systemContext("test"), { user: this.name, name: this.#server, profile });
  }

  /** Stops it, or cancels a start. */
  async stop(): Promise<void> {
    await stopServer(this.#hub.systemContext("test"), { user: this.name, name: this.#server });
  }

  async row(): Promise<ServerRow> {
    const { db } = this.#installation.database;
    const user = await findUserByName(db, this.name);
    const row = user === undefined ? undefined : await findServer(db, user.id, this.#server);
    if (row === undefined) throw new Error(`${this.name} has no server`);
    return row;
  }

  async until(what: string, is: (row: ServerRow) => boolean, seconds = 60): Promise<ServerRow> {
    let last = await this.row();
    await waitFor(what, seconds, async () => {
      last = await this.row();
      return is(last);
    }).catch((error: unknown) => {
      throw new Error(`${this.name}'s server is ${last.phase} ${JSON.stringify(last.failure)}`, { cause: error });
    });
    return last;
  }

  async reaches(phase: ServerRow["phase"], seconds = 60): Promise<ServerRow> {
    return await this.until(`${this.name}'s server is ${phase}`, (row) => row.phase === phase, seconds);
  }

  async failure() {
    const failure = failureOf(await this.reaches("failed"));
    if (failure === null) throw new Error("a failed server without a failure");
    return failure;
  }

  async progress(): Promise<ProgressView> {
    const found = await findServerById(this.#installation.database.db, (await this.row()).id);
    if (found === undefined) throw new Error(`${this.name}'s server is gone`);
    return await progressViewOf(this.#hub, found, null, new Date());
  }

  /** What its program answers, asked at its own address. */
  async ask(path: string): Promise<Response> {
    const { target } = await this.row();
    const { host, port } = target as Extract<Target, { kind: "tcp" }>;
    return await fetch(`http://${host}:${port}${path}`);
  }

  /** As `kubectl delete pod`. */
  async deletePod(): Promise<void> {
    for (const { metadata } of await this.pods())
      await this.#installation.api.call(
        "DELETE",
        `/api/v1/namespaces/${this.#installation.namespace}/pods/${metadata.name}`,
      );
  }

  async pods(): Promise<readonly Pod[]> {
    return (await this.#objects("pods")) as readonly Pod[];
  }

  /** Pods and secrets by kind and name: what must be nothing when a server is stopped. */
  async leftovers(): Promise<string[]> {
    const [pods, secrets] = await Promise.all([this.#objects("pods"), this.#objects("secrets")]);
    const named = (kind: string, objects: readonly Named[]) =>
      objects.map(({ metadata }) => `${kind} ${metadata.name}`);
    return [...named("pod", pods), ...named("secret", secrets)];
  }

  /** Secrets go with their pod by the cluster's garbage collector, a moment later. */
  async leavesNothing(): Promise<void> {
    await waitFor(`nothing is left of ${this.name}'s server`, 30, async () => (await this.leftovers()).length === 0);
  }

  async #objects(plural: string): Promise<readonly Named[]> {
    const { id } = await this.row();
    const selector = encodeURIComponent(`${serverKey}=${id}`);
    return await listed(this.#installation, plural, `?labelSelector=${selector}`);
  }
}
