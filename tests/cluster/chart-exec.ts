import { Readable, Writable } from "node:stream";
import { Exec, KubeConfig, type V1Status } from "@kubernetes/client-node";

type Place = {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
};

/** `kubectl exec -i POD -c CONTAINER -- COMMAND < INPUT`: what it wrote to stdout, byte for byte. */
export async function execInPod(place: Place, command: readonly string[], input: Buffer): Promise<Buffer> {
  const { kubeconfig, namespace, pod, container } = place;
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const [stdout, stderr] = [new Kept(), new Kept()];
  const { promise, resolve, reject } = Promise.withResolvers<V1Status>();
  const stdin = Readable.from([input], { objectMode: false });
  new Exec(config).exec(namespace, pod, container, [...command], stdout, stderr, stdin, false, resolve).catch(reject);
  const { status, message } = await promise;
  if (status !== "Success") throw new Error(`${command.join(" ")}: ${message}\n${stderr.all()}${stdout.all()}`);
  return stdout.all();
}

class Kept extends Writable {
  readonly #pieces: Buffer[] = [];

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.#pieces.push(piece);
    done();
  }

  all(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
