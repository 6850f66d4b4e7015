"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { TextField } from "#app/_components/field.tsx";
import { Notice } from "#app/_components/notice.tsx";
import { problemText } from "#app/_components/problem.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC, useTRPCClient } from "#app/_trpc/client.tsx";

type Props = { readonly chosen: readonly string[]; onChange(chosen: readonly string[]): void };
type Order = { readonly kind: "disable" | "enable" } | { readonly kind: "group"; readonly group: string };

/** What is done for several at once; where it fails for one, that one is named and stays chosen. */
export function BulkBar({ chosen, onChange }: Props) {
  const [asking, setAsking] = useState<Order["kind"] | null>(null);
  const { run, done, failed, busy } = useBulk(chosen, (left) => {
    setAsking(null);
    onChange(left);
  });
  return (
    <div className="space-y-3">
      {chosen.length > 0 && (
        <section aria-label={t("users.bulk")} className="flex flex-wrap items-center gap-3">
          <p className="text-sm font-medium">{t("users.chosen", { count: chosen.length })}</p>
          <Button size="small" onClick={() => setAsking("group")}>
            {t("users.bulk.group")}
          </Button>
          <Button size="small" onClick={() => setAsking("disable")}>
            {t("users.disable")}
          </Button>
          <Button size="small" onClick={() => setAsking("enable")}>
            {t("users.enable")}
          </Button>
          <Button size="small" look="quiet" onClick={() => onChange([])}>
            {t("users.bulk.clear")}
          </Button>
        </section>
      )}
      {done !== null && (
        <Notice kind={failed.length === 0 ? "ok" : "warn"} live>
          <p>{t("users.bulk.done", { count: done })}</p>
          {failed.map((one) => (
            <p key={one.name}>{t("users.bulk.failed", one)}</p>
          ))}
        </Notice>
      )}
      <BulkQuestion
        count={chosen.length}
        asking={asking}
        busy={busy}
        onClose={() => setAsking(null)}
        onOrder={(order) => run(order)}
      />
    </div>
  );
}

type QuestionProps = {
  readonly count: number;
  readonly asking: Order["kind"] | null;
  readonly busy: boolean;
  onClose(): void;
  onOrder(order: Order): void;
};

function BulkQuestion({ count, asking, busy, onClose, onOrder }: QuestionProps) {
  const [group, setGroup] = useState("");
  // While it fades out the question still needs its words.
  const shown = asking ?? "disable";
  const isGroup = shown === "group";
  return (
    <Dialog
      open={asking !== null}
      onOpenChange={(open) => !open && onClose()}
      title={isGroup ? t("users.bulk.group") : t(`users.bulk.${shown}.title`, { count })}
      description={isGroup ? t("users.chosen", { count }) : t(`users.${shown}.text`)}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          onOrder(isGroup ? { kind: "group", group: group.trim() } : { kind: shown });
        }}
      >
        {isGroup && (
          <TextField
            label={t("users.bulk.group.label")}
            value={group}
            required
            maxLength={255}
            autoComplete="off"
            onChange={(event) => setGroup(event.target.value)}
          />
        )}
        <DialogButtons>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <SubmitButton look={shown === "disable" ? "danger" : "primary"} disabled={busy}>
            {isGroup ? t("users.bulk.group.submit") : t(`users.${shown}`)}
          </SubmitButton>
        </DialogButtons>
      </form>
    </Dialog>
  );
}

type Failure = { readonly name: string; readonly message: string };

/** One after the other: each is a transaction of its own with its audit row, and one that fails holds up nobody. */
function useBulk(chosen: readonly string[], onEnd: (left: readonly string[]) => void) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queryClient = useQueryClient();
  const bulk = useMutation({
    mutationFn: async (order: Order): Promise<readonly Failure[]> => {
      const failed: Failure[] = [];
      const one = async (name: string) =>
        order.kind === "group"
          ? await client.groups.addMembers.mutate({ group: order.group, users: [name] })
          : await client.users.setDisabled.mutate({ name, disabled: order.kind === "disable" });
      for (const name of chosen) {
        await one(name).catch((error: unknown) => failed.push({ name, message: problemText(error) }));
      }
      return failed;
    },
    onSuccess: async (failed) => {
      onEnd(failed.map(({ name }) => name));
      await queryClient.invalidateQueries({ queryKey: trpc.users.list.queryKey() });
    },
  });
  const [asked, setAsked] = useState(0);
  const run = (order: Order) => {
    setAsked(chosen.length);
    bulk.mutate(order);
  };
  const failed = bulk.data ?? [];
  return { run, done: bulk.data === undefined ? null : asked - failed.length, failed, busy: bulk.isPending };
}
