import { useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "#app/_trpc/client.tsx";

/** After a change: the group and its numbers are asked anew. */
export function useRefreshed(group: string): () => Promise<void> {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  return async () => {
    await Promise.all(
      [
        trpc.groups.get.queryKey({ group }),
        trpc.quotas.get.queryKey({ group }),
        trpc.groups.members.queryKey(),
        trpc.usage.group.queryKey(),
      ].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
    );
  };
}
