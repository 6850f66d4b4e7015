import { Button } from "#app/_components/button.tsx";
import { t } from "#app/_text/t.ts";

type Props = { readonly label: string; readonly newer: (() => void) | null; readonly older: (() => void) | null };

/** For lists that aren't counted; nothing when all of it is shown. */
export function OlderNewer({ label, newer, older }: Props) {
  if (newer === null && older === null) return null;
  return (
    <nav aria-label={label} className="flex justify-end gap-2">
      <Button size="small" disabled={newer === null} onClick={() => newer?.()}>
        {t("admin.audit.newer")}
      </Button>
      <Button size="small" disabled={older === null} onClick={() => older?.()}>
        {t("admin.audit.older")}
      </Button>
    </nav>
  );
}
