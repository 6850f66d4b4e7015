"use client";

import { useMutation } from "@tanstack/react-query";
import { Button } from "./button.tsx";
import { problemText } from "./problem.tsx";

type Props = { file(): Promise<{ readonly fileName: string; readonly text: string }>; readonly children: string };

/** Asks the hub for a file's text and hands it to the browser to keep. */
export function DownloadButton({ file, children }: Props) {
  const download = useMutation({ mutationFn: file, onSuccess: save });
  return (
    <span>
      <Button disabled={download.isPending} onClick={() => download.mutate()}>
        {children}
      </Button>
      {download.error !== null && (
        <span role="alert" className="mt-1 block max-w-56 text-sm text-danger">
          {problemText(download.error)}
        </span>
      )}
    </span>
  );
}

function save({ fileName, text }: { readonly fileName: string; readonly text: string }): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}
