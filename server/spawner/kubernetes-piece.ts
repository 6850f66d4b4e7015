import { isDeepStrictEqual } from "node:util";
import { isAlreadyExists, isNotFound } from "#k8s/errors.ts";
import type { Kind } from "#k8s/kinds.ts";
import type { KubernetesContext } from "./kubernetes-context.ts";

type Named = { readonly metadata?: { readonly name?: string; readonly resourceVersion?: string } };

/** One object of a namespace: what it must be, and how to tell. */
export type Piece<T extends Named> = {
  readonly kind: Kind<T>;
  readonly name: string;
  readonly wanted: T;
  /** Whether what is there says what it must. */
  same(found: T): boolean;
  /** What is put in its place; by default `wanted`. */
  mended?(found: T): T;
};

export type PieceState = "there" | "made" | "mended";
export type Ensured<T> = { readonly state: PieceState; readonly object: T };

/** Looks, and makes or mends it. Doing it twice, or two hubs at once, is doing it once. */
export async function ensurePiece<T extends Named>(
  k: KubernetesContext,
  namespace: string,
  piece: Piece<T>,
): Promise<Ensured<T>> {
  const found = await foundPiece(k, namespace, piece);
  if (found === undefined) return await makePiece(k, namespace, piece);
  if (piece.same(found)) return { state: "there", object: found };
  const mended = piece.mended?.(found) ?? piece.wanted;
  const { resourceVersion } = found.metadata ?? {};
  const metadata = { ...mended.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  const at = { namespace, name: piece.name };
  return { state: "mended", object: await k.client.replace(piece.kind, at, { ...mended, metadata }) };
}

export async function foundPiece<T>(
  k: KubernetesContext,
  namespace: string,
  { kind, name }: { readonly kind: Kind<T>; readonly name: string },
): Promise<T | undefined> {
  return await k.client.get(kind, { namespace, name }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

async function makePiece<T extends Named>(
  k: KubernetesContext,
  namespace: string,
  piece: Piece<T>,
): Promise<Ensured<T>> {
  try {
    return { state: "made", object: await k.client.create(piece.kind, namespace, piece.wanted) };
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    // Another hub, or the cluster itself, was quicker; the next look compares it.
    return { state: "made", object: piece.wanted };
  }
}

/** The API leaves empty lists out of what it gives back. */
export function sameSpec(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withoutEmpty(a), withoutEmpty(b));
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([, part]) => part !== undefined && !(Array.isArray(part) && part.length === 0),
  );
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutEmpty(part)]));
}
