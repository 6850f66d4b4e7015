"use client";

import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { t } from "#app/_text/t.ts";
import { Button } from "./button.tsx";

/** Without the clipboard (plain http from another machine) it selects the text for the person to copy. */
export function CopyButton({ text, sourceId }: { readonly text: string; readonly sourceId: string }) {
  const [state, setState] = useState<"idle" | "copied" | "selected">("idle");
  const copy = async () => {
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    if (done === true) return setState("copied");
    const source = document.getElementById(sourceId);
    if (source !== null) getSelection()?.selectAllChildren(source);
    setState("selected");
  };
  const Icon = state === "copied" ? Check : Copy;
  return (
    <span className="inline-flex items-center">
      <Button size="small" onClick={() => void copy()}>
        <Icon aria-hidden className="size-4" />
        {t("copy")}
      </Button>
      <span role="status" className="ml-3 text-sm text-muted empty:ml-0">
        {state === "copied" ? t("copy.done") : state === "selected" ? t("copy.selected") : ""}
      </span>
    </span>
  );
}
