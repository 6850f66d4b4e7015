import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPCClient } from "#app/_trpc/client.tsx";
import { limitFields, writtenOf } from "./amount-fields.ts";
import { useRefreshed } from "./use-refreshed.ts";

export type LimitValues = Readonly<Record<(typeof limitFields)[number][0], string | null>>;
type Question = { readonly message: string; readonly values: LimitValues };

/** Sets what one member, or each (`user` null), may take; asks first where somebody has more already. */
export function useLimitsSaving(group: string, user: string | null) {
  const client = useTRPCClient();
  const refresh = useRefreshed(group);
  const [asking, setAsking] = useState<Question | null>(null);
  const saving = useMutation({
    mutationFn: async ({ values, confirm }: { readonly values: LimitValues; readonly confirm: boolean }) => {
      const preview = await client.quotas.previewMemberLimits.query({ group, user, limits: values });
      if (preview.overused.length > 0 && !confirm) return { message: preview.message, values };
      await client.quotas.setMemberLimits.mutate({ group, user, limits: values, confirm });
      return null;
    },
    onSuccess: async (question) => {
      setAsking(question);
      if (question === null) await refresh();
    },
    onError: () => setAsking(null),
  });
  return { saving, asking, setAsking };
}

export function limitValuesOf(form: FormData): LimitValues {
  return Object.fromEntries(limitFields.map(([field]) => [field, writtenOf(form, field)])) as LimitValues;
}
