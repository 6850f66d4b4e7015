"use client";

import { useState } from "react";
import type { SignInResult } from "#app/_auth/sign-in.ts";

type State = "idle" | "busy" | "unreachable";

/** Runs one way of logging in, then goes where its answer says, with a whole new page: nothing of the anonymous one stays. */
export function useSignIn(): { readonly state: State; run(way: () => Promise<SignInResult>): Promise<void> } {
  const [state, setState] = useState<State>("idle");
  const run = async (way: () => Promise<SignInResult>) => {
    if (state === "busy") return;
    setState("busy");
    const result = await way().catch(() => null);
    if (result === null) return setState("unreachable");
    location.assign(result.url);
  };
  return { state, run };
}
