"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { CsvDialog, CsvPreviewList } from "#app/_components/csv-dialog.tsx";
import { SelectField } from "#app/_components/field.tsx";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import { useRefreshed } from "./use-refreshed.ts";

type Props = { readonly group: string; readonly open: boolean; onClose(): void };

/** What the file would change is shown first; exactly that is then done. */
export function ImportMembers({ group, open, onClose }: Props) {
  const trpc = useTRPC();
  const refresh = useRefreshed(group);
  const [mode, setMode] = useState<"add" | "exact">("add");
  const [text, setText] = useState("");
  const preview = useMutation(trpc.groups.previewCsv.mutationOptions());
  const apply = useMutation(trpc.groups.applyCsv.mutationOptions({ onSuccess: refresh }));
  const start = () => {
    preview.reset();
    apply.reset();
  };
  const close = () => {
    start();
    setText("");
    onClose();
  };
  const token = preview.data?.token ?? null;
  return (
    <CsvDialog
      open={open}
      text={t("csv.text")}
      busy={preview.isPending || apply.isPending}
      error={apply.error ?? preview.error}
      done={apply.data === undefined ? null : t("csv.done", apply.data)}
      onFile={(file) => {
        start();
        setText(file);
      }}
      onCheck={text === "" ? null : () => preview.mutate({ group, text, mode })}
      onApply={
        token === null || preview.data?.changes.length === 0 ? null : () => apply.mutate({ group, text, mode, token })
      }
      onClose={close}
      preview={
        preview.data !== undefined && (
          <CsvPreviewList
            unchanged={preview.data.unchanged}
            problems={preview.data.problems}
            changes={preview.data.changes.map(({ user, kind }) => t(`csv.${kind}`, { user }))}
          />
        )
      }
    >
      <SelectField
        label={t("csv.mode")}
        value={mode}
        onChange={(event) => {
          start();
          setMode(event.target.value === "exact" ? "exact" : "add");
        }}
      >
        <option value="add">{t("csv.mode.add")}</option>
        <option value="exact">{t("csv.mode.exact")}</option>
      </SelectField>
    </CsvDialog>
  );
}
