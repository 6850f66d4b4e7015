import { ownAccount } from "#k8s/own-account.ts";
import type { Account } from "#k8s/role-binding.ts";
import type { KubernetesContext, KubernetesSettings } from "./kubernetes-context.ts";
import { ensureShared, ensureTenancy } from "./kubernetes-tenancy.ts";
import type { StartOutcome } from "./spawner.ts";
import type { Tenancy, TenancyLook } from "./tenancy.ts";

/** How long a place that was seen whole is believed to be so. */
const believedMs = 60_000;

/**
 * What must be in a namespace before its first pod. Looked at once a minute at most, or when what it must hold changed, so that a start
 * among many costs no request for it.
 */
export class KubernetesGround {
  /** When it was whole, by namespace and by what it had to hold: groups in one namespace of all have volumes of their own. */
  readonly #seen = new Map<string, Map<string, number>>();
  readonly #looking = new Map<string, Promise<TenancyLook>>();
  #account: Promise<Account> | null = null;
  #seenWith: KubernetesSettings | null = null;

  /** Null: go on. */
  async prepare(k: KubernetesContext, tenancy: Tenancy): Promise<StartOutcome | null> {
    if (this.#seenWith !== k.settings) this.#seen.clear();
    this.#seenWith = k.settings;
    const seenMs = this.#seen.get(tenancy.namespace)?.get(wantedOf(tenancy));
    if (seenMs !== undefined && k.clock.monotonicMs() - seenMs < believedMs) return null;
    const { outcome } = await this.look(k, tenancy);
    return outcome.kind === "whole" ? null : outcome;
  }

  /** Now, whatever is believed. One look at a time, for all who wait for it. */
  look(k: KubernetesContext, tenancy: Tenancy): Promise<TenancyLook> {
    const key = wantedOf(tenancy);
    const looking = this.#looking.get(key) ?? this.#look(k, tenancy).finally(() => this.#looking.delete(key));
    this.#looking.set(key, looking);
    return looking;
  }

  /** Something says that the namespace isn't what it was. */
  forget(namespace: string): void {
    this.#seen.delete(namespace);
  }

  async #look(k: KubernetesContext, tenancy: Tenancy): Promise<TenancyLook> {
    const look =
      k.settings.makeNamespaces === null
        ? await ensureShared(k, tenancy)
        : await ensureTenancy(k, await this.#whoAmI(k), tenancy);
    const { namespace } = tenancy;
    if (look.outcome.kind === "whole") this.#note(k, tenancy);
    else this.#seen.delete(namespace);
    const { mended, lacking } = look;
    if (mended.length > 0) k.log.warn({ namespace, mended }, "pieces of a namespace were missing and are there again");
    if (lacking.length > 0) k.log.error({ namespace, lacking }, "a namespace isn't whole");
    if (mended.length > 0 || lacking.length > 0 || look.isNew) await k.onLook(tenancy, look);
    return look;
  }

  /** Where the whole namespace is one group's, what it had to hold before is worth nothing any more. */
  #note(k: KubernetesContext, tenancy: Tenancy): void {
    const { namespace } = tenancy;
    const known = k.settings.makeNamespaces === null ? this.#seen.get(namespace) : undefined;
    this.#seen.set(namespace, new Map(known).set(wantedOf(tenancy), k.clock.monotonicMs()));
  }

  /** Asked once: an account's name doesn't change while the process lives. */
  async #whoAmI(k: KubernetesContext): Promise<Account> {
    this.#account ??= ownAccount(k.client);
    return await this.#account.catch((error: unknown) => {
      this.#account = null;
      throw error;
    });
  }
}

function wantedOf(tenancy: Tenancy): string {
  return JSON.stringify(tenancy);
}
