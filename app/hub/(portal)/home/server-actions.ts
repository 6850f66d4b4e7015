"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { serverPagePath } from "#app/_format/server-path.ts";
import { useTRPC } from "#app/_trpc/client.tsx";

/** What can be done with a server from its card. Each ends with the list asked anew. */
export function useServerActions(server: { readonly ownerName: string; readonly name: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const router = useRouter();
  const input = { user: server.ownerName, name: server.name };
  const refresh = () => queryClient.invalidateQueries({ queryKey: trpc.servers.list.queryKey() });
  const goToProgress = () => router.push(serverPagePath("spawn-pending", server.ownerName, server.name));
  const startAgain = useMutation(trpc.servers.startAgain.mutationOptions({ onSuccess: goToProgress }));
  const restart = useMutation(trpc.servers.restart.mutationOptions({ onSuccess: goToProgress }));
  const stop = useMutation(trpc.servers.stop.mutationOptions({ onSettled: refresh }));
  const remove = useMutation(trpc.servers.delete.mutationOptions({ onSettled: refresh }));
  const extend = useMutation(trpc.culling.extend.mutationOptions({ onSettled: refresh }));
  const all = [startAgain, restart, stop, remove, extend];
  return {
    startAgain: () => startAgain.mutate(input),
    restart: () => restart.mutate(input),
    stop: () => stop.mutate(input),
    remove: () => remove.mutate(input),
    extend: () => extend.mutate(input),
    isBusy: all.some(({ isPending }) => isPending),
    error: all.find(({ error }) => error !== null)?.error ?? null,
  };
}

export type ServerActions = ReturnType<typeof useServerActions>;
