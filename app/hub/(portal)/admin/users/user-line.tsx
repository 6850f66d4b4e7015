"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { MenuItem, MoreMenu } from "#app/_components/menu.tsx";
import { Problem } from "#app/_components/problem.tsx";
import { Cell } from "#app/_components/table.tsx";
import { Ago } from "#app/_components/time.tsx";
import { dateText } from "#app/_format/duration.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { UserRow } from "#server/api/views.ts";

type Question = "disable" | "enable" | "makeAdmin" | "removeAdmin";

type Props = { readonly user: UserRow; readonly chosen: boolean; onChoose(chosen: boolean): void };

export function UserLine({ user, chosen, onChoose }: Props) {
  const router = useRouter();
  const [question, setQuestion] = useState<Question | null>(null);
  return (
    <tr>
      <Cell className="w-8">
        <input
          type="checkbox"
          className="size-5 align-middle accent-accent"
          aria-label={t("users.choose", { name: user.name })}
          checked={chosen}
          onChange={(event) => onChoose(event.target.checked)}
        />
      </Cell>
      <Cell className="min-w-32 font-medium sm:min-w-40">
        {user.name}
        {user.admin && <Tag>{t("users.admin")}</Tag>}
        {user.disabledAt !== null && <Tag>{t("users.disabled")}</Tag>}
      </Cell>
      <Cell wide className="min-w-28 text-muted">
        {user.groups.join(", ")}
      </Cell>
      <Cell>{user.runningServers}</Cell>
      <Cell wide className="whitespace-nowrap">
        {user.lastActivityAt === null ? t("never") : <Ago date={user.lastActivityAt} />}
      </Cell>
      <Cell wide className="whitespace-nowrap">
        {dateText(user.createdAt)}
      </Cell>
      <Cell className="text-right">
        <MoreMenu label={t("users.more", { name: user.name })}>
          <MenuItem onSelect={() => router.push(`/hub/admin/users/${encodeURIComponent(user.name)}`)}>
            {t("users.open")}
          </MenuItem>
          <MenuItem onSelect={() => router.push(`/hub/admin/servers?search=${encodeURIComponent(user.name)}`)}>
            {t("users.servers")}
          </MenuItem>
          <MenuItem onSelect={() => setQuestion(user.admin ? "removeAdmin" : "makeAdmin")}>
            {user.admin ? t("users.removeAdmin") : t("users.makeAdmin")}
          </MenuItem>
          <MenuItem
            danger={user.disabledAt === null}
            onSelect={() => setQuestion(user.disabledAt === null ? "disable" : "enable")}
          >
            {user.disabledAt === null ? t("users.disable") : t("users.enable")}
          </MenuItem>
        </MoreMenu>
        <UserQuestion user={user} question={question} onDone={() => setQuestion(null)} />
      </Cell>
    </tr>
  );
}

function Tag({ children }: { readonly children: string }) {
  return <span className="ml-2 rounded-full bg-sunken px-2 py-0.5 text-xs font-medium text-muted">{children}</span>;
}

function UserQuestion({
  user,
  question,
  onDone,
}: {
  readonly user: UserRow;
  readonly question: Question | null;
  onDone(): void;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const onSuccess = async () => {
    onDone();
    await queryClient.invalidateQueries({ queryKey: trpc.users.list.queryKey() });
  };
  const setDisabled = useMutation(trpc.users.setDisabled.mutationOptions({ onSuccess }));
  const setAdmin = useMutation(trpc.users.setAdmin.mutationOptions({ onSuccess }));
  const error = setDisabled.error ?? setAdmin.error;
  const submit = () => {
    if (question === "disable" || question === "enable")
      setDisabled.mutate({ name: user.name, disabled: question === "disable" });
    else setAdmin.mutate({ name: user.name, admin: question === "makeAdmin" });
  };
  // While it fades out the question still needs its words.
  const shown = question ?? "disable";
  return (
    <Dialog
      open={question !== null}
      onOpenChange={(open) => !open && onDone()}
      title={t(`users.${shown}.title`, { name: user.name })}
      description={t(`users.${shown}.text`)}
    >
      {error !== null && <Problem error={error} />}
      <DialogButtons>
        <Button onClick={onDone}>{t("cancel")}</Button>
        <Button
          look={shown === "enable" ? "primary" : "danger"}
          disabled={setDisabled.isPending || setAdmin.isPending}
          onClick={submit}
        >
          {t(`users.${shown}`)}
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
